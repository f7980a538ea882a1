import { createLogUpdate } from 'log-update';

/** Lines on a terminal that are redrawn in their place, under those that stay. */
export interface Screen {
  draw(text: string): void;
  /** Takes away what is drawn. */
  clear(): void;
  /** Writes what is to stay, in place of what is drawn. */
  keep(text: string): void;
  /** Leaves what is drawn where it is. */
  done(): void;
}

export function screenOn(terminal: NodeJS.WriteStream): Screen {
  // A hidden cursor would have to be shown again whatever happens, and there is nothing to hide it for.
  const draw = createLogUpdate(terminal, { showCursor: true });
  return {
    draw,
    clear: draw.clear,
    // Not by `draw.persist`, which leaves out the beginning of what is higher than the terminal.
    keep(text) {
      draw.clear();
      terminal.write(`${text}\n`);
    },
    done: draw.done,
  };
}

/** Whether a stream is a terminal on which lines can be redrawn: for that it has to say its size, which some give as 0 x 0. */
export function canRedraw({ isTTY, columns, rows }: NodeJS.WriteStream): boolean {
  return isTTY && columns > 0 && rows > 0 && process.env.TERM !== 'dumb';
}
