/** The longest that a bar gets, in columns. */
export const LONGEST_BAR = 50;

export interface Painter {
  dim(text: string): string;
  bar(share: number, length: number): string;
}

/** Colours where the terminal has them, and the person has not set NO_COLOR. */
export function painter(terminal: NodeJS.WriteStream): Painter {
  const colours = terminal.hasColors?.() ?? false;
  const styled = (on: number, off: number) => (text: string) =>
    colours && text ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  const dim = styled(2, 22);
  const cyan = styled(36, 39);
  return {
    dim,
    bar(share, length) {
      const whole = Math.max(0, Math.floor(length));
      const full = Math.min(whole, Math.round(share * whole));
      return cyan('━'.repeat(full)) + dim((colours ? '━' : ' ').repeat(whole - full));
    },
  };
}
