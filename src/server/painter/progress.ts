import { estimateTime, scalesOf } from '../../node/estimate.ts';
import type { Settings, Size, Step } from '../../node/index.ts';
import type { StepProgress } from '../queue/protocol.ts';

/**
 * Tells of each step of a painting where it stands, and what is left.
 * @param from the seconds that it has taken before it was carried on
 */
export function progressTeller(
  painting: { readonly settings: Settings; readonly sizes: readonly Size[] },
  from?: number,
): (step: Step) => StepProgress {
  const { scales, steps: planned } = painting.settings;
  const estimate = estimateTime(scalesOf(painting), from);
  const total = sum(planned);
  return (found) => {
    const { scale, step, steps, loss, seconds } = found;
    const level = scales.indexOf(scale);
    estimate.step(scale, step, seconds);
    const left = estimate.remaining(seconds);
    return {
      ...{ scale, step, steps, level, loss, seconds, total },
      // A scale may end before its time.
      done: isFinal(found, painting.settings) ? total : sum(planned.slice(0, level)) + step,
      ...(left !== undefined && { secondsLeft: left }),
    };
  };
}

/** Whether it is the last of all steps. */
export function isFinal({ last, scale }: Step, { scales }: Settings): boolean {
  return last && scale === scales.at(-1);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
