import type { Painting, Step } from '../node/index.ts';
import type { Progress } from './progress/progress.ts';

/** The last step of a painting, and what ended it, if that was neither its settings nor the person. */
export interface LastStep {
  readonly last: Step;
  readonly failure: Error | undefined;
}

/** What writes something of a painting while it grows. */
export interface Watcher {
  /** Takes note of a step, whose picture is written when it is time. The next step waits for it. */
  offer(step: Step): void | Promise<void>;
  /** Writes what is still to be written. */
  finish(): Promise<void>;
}

/**
 * Paints as far as the settings or the person want, or the engine can.
 * @throws what ended it before the first step: the signal's reason when it is stopped
 */
export async function lastStep(
  painting: Pick<Painting, 'steps'>,
  signal: AbortSignal,
  progress: Pick<Progress, 'step'>,
  watchers: readonly Watcher[] = [],
): Promise<LastStep> {
  let last: Step | undefined;
  let failure: Error | undefined;
  try {
    for await (const step of painting.steps(signal)) {
      last = step;
      progress.step(step);
      for (const watcher of watchers) await watcher.offer(step);
    }
  } catch (error) {
    if (!last || !(error instanceof Error)) throw error;
    if (error !== signal.reason) failure = error;
  }
  if (last) return { last, failure };
  signal.throwIfAborted();
  throw new Error('The painting has no steps.');
}
