import type { Answer, Request } from '../queue/protocol.ts';

/*
 * What the painter's process says to its worker, and what it hears.
 */

let wish: 'pause' | 'stop' | undefined;
let onWish = (): void => {};
let onKept = (): void => {};

export function say(answer: Answer): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(answer, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

export function hear(request: Exclude<Request, { kind: 'paint' }>): void {
  if (request.kind === 'kept') {
    onKept();
    return;
  }
  wish = request.kind;
  onWish();
}

/** What the worker wants to happen after the present step. */
export function wanted(): 'pause' | 'stop' | undefined {
  return wish;
}

/** @param told that something is wanted, from now on or since before */
export function whenWanted(told: () => void): void {
  onWish = told;
  if (wish) told();
}

/** @param told that the latest checkpoint is kept */
export function whenKept(told: () => void): void {
  onKept = told;
}
