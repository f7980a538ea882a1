/** Seconds as `0:41`, `12:05` or `1:02:33`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** Bytes as `34.1 MB`. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A loss in six or seven characters, whatever its size. */
export function lossText(value: number): string {
  if (value === 0) return '0.0000';
  if (value < 0.0005 || value >= 1e5) return value.toExponential(1);
  return value.toFixed(value < 10 ? 4 : value < 1000 ? 2 : 0);
}

/** A word as a shell takes it, in quotes where it needs them. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The command that carries a painting on. */
export function resumeCommand(checkpoint: string): string {
  return `velatura resume ${shellWord(checkpoint)}`;
}

/** A text from a file without what a terminal would obey: control characters, and those that turn the direction around. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '');
}
