import type { Database } from '../database/index.ts';

/** Says when there is something new of a painting: one ear for all who wait. */
export interface News {
  /**
   * Settles when something is told of the painting, or after that many milliseconds. What is told between two calls is
   * missed: call it first, then look, then wait.
   */
  next(painting: string, milliseconds: number): Promise<void>;
  close(): void;
}

/** Messages may be lost with a connection: after so long it is worth a look all the same. */
const LOOK_AGAIN = 2000;

export function listenForNews(database: Database): News {
  const waiting = new Map<string, Set<() => void>>();
  const unlisten = database.listen('velatura_events', (painting) => {
    for (const wake of waiting.get(painting) ?? []) wake();
  });
  return {
    next(painting, milliseconds) {
      return new Promise((resolve) => {
        const others = waiting.get(painting) ?? new Set();
        waiting.set(painting, others);
        const wake = () => {
          clearTimeout(timer);
          others.delete(wake);
          if (others.size === 0 && waiting.get(painting) === others) waiting.delete(painting);
          resolve();
        };
        const timer = setTimeout(wake, Math.min(milliseconds, LOOK_AGAIN));
        others.add(wake);
      });
    },
    close() {
      unlisten();
      for (const others of waiting.values()) for (const wake of others) wake();
    },
  };
}
