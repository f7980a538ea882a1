import type { Step } from '../core/paint/index.ts';

/** Steps between two pictures of a history, where nobody says otherwise. */
export const HISTORY_EVERY = 10;

/** Milliseconds that each picture of the animation is shown, and the last. */
const DELAY = 120;
const LAST_DELAY = 2000;

/** Whether a history has the picture of a step: of every n-th, and of the first and last of each scale. */
export function isInHistory({ step, last }: Pick<Step, 'step' | 'last'>, every: number): boolean {
  return step % every === 0 || step === 1 || last;
}

/** How long, in milliseconds, an animation shows each of so many pictures. */
export function historyDelays(count: number): number[] {
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? LAST_DELAY : DELAY));
}
