import type { Painting, Settings, Texture } from './contract.ts';

/** A length of time for people: "40 seconds", "3 minutes". */
export function timeOf(seconds: number): string {
  if (seconds < 1.5) return 'a second';
  if (seconds < 90) return `${Math.round(seconds)} seconds`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} minutes` : `${(minutes / 60).toFixed(1)} hours`;
}

/** The name of a file without folder and ending. */
export function stem(name: string): string {
  return (name.split(/[\\/]/).at(-1) ?? name).replace(/\.[^.]+$/, '');
}

/** What a painting is called: its content, and its styles. */
export function titleOf({
  content,
  styles,
  explain,
}: Pick<Painting, 'content' | 'styles' | 'explain'>): string {
  const after = styles.map(stem).join(' and ');
  if (content === undefined) return `Texture of ${after}`;
  return `${stem(content)} after ${after}${explain ? ', explained' : ''}`;
}

/** What a texture is, as its easel says it. */
export function shapeOf({ width, height, tileable }: Texture): string {
  return `${width} × ${height} pixels${tileable ? ', without a seam where it is laid beside itself' : ''}`;
}

const states: Readonly<Record<Painting['state'], string>> = {
  queued: 'Waiting its turn',
  painting: 'Painting',
  paused: 'Paused',
  done: 'Done',
  failed: 'Failed',
};

export function stateOf({ state, stopped }: Painting): string {
  return state === 'done' && stopped ? 'Kept before its end' : states[state];
}

/** A date for people, with the time of day where it is of today. */
export function dateOf(iso: string): string {
  const date = new Date(iso);
  const today = date.toDateString() === new Date().toDateString();
  return today
    ? date.toLocaleTimeString(undefined, { hour: 'numeric', minute: '2-digit' })
    : date.toLocaleDateString(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
}

/** A few characters for a number, enough to tell it from its neighbours. */
export function short(value: number | null): string {
  if (value === null) return '–';
  return Math.abs(value) >= 1000 || (value !== 0 && Math.abs(value) < 0.001)
    ? value.toExponential(1)
    : String(Number(value.toPrecision(3)));
}

/** A setting as the command line has it: lists with commas, taps with their weights. */
export function writeSetting(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.join(',');
  if (typeof value !== 'object') return String(value);
  const entries = Object.entries(value);
  if (entries.every(([, weight]) => weight === 1)) return entries.map(([name]) => name).join(',');
  return entries.map(([name, weight]) => `${name}:${weight}`).join(',');
}

/** The same settings, in whatever order they stand. */
export function sameSetting(a: unknown, b: unknown): boolean {
  return writeSetting(a) === writeSetting(b);
}

/** The settings that were said, without those of no value. */
export function compact(settings: Settings): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** How far a painting is: which of its scales is being painted, from 0, and the part that is done of each. */
export function stagesOf({ progress, resolved, state }: Pick<Painting, 'progress' | 'resolved' | 'state'>): {
  readonly current: number;
  readonly done: readonly number[];
} {
  const scales = Array.isArray(resolved?.scales) ? (resolved.scales as number[]) : [];
  if (!progress) return { current: 0, done: scales.map(() => (state === 'done' ? 1 : 0)) };
  const known = scales.length > 0 ? scales : [progress.scale];
  const current = Math.max(known.indexOf(progress.scale), 0);
  const part = progress.step / progress.steps;
  return { current, done: known.map((_, i) => (i < current ? 1 : i === current ? part : 0)) };
}
