import { type Estimate, estimateTime, scalesOf } from '../../node/estimate.ts';
import type { Progress as Download, Step } from '../../node/index.ts';
import { duration, lossText, megabytes } from '../text.ts';
import { type Progress, stoppedAt, title } from './progress.ts';

/** Where no terminal is: plain lines, about four a scale. */
export function lineProgress(out: NodeJS.WritableStream): Progress {
  const say = (line: string) => void out.write(`${line}\n`);
  let estimate: Estimate | undefined;
  let fetched = { source: '', tenths: -1 };

  function download({ received, total, source }: Download): void {
    if (source !== fetched.source) {
      fetched = { source, tenths: -1 };
      say(`Fetching the network from ${source}${total === undefined ? '' : `, ${megabytes(total)}`}`);
    }
    const tenths = total === undefined ? Math.floor(received / 1e7) : Math.floor((10 * received) / total);
    if (tenths <= fetched.tenths) return;
    if (tenths > 0) say(`  ${megabytes(received)}`);
    fetched.tenths = tenths;
  }

  function step({ scale, step: number, steps, loss, seconds }: Step): void {
    estimate?.step(scale, number, seconds);
    const quarter = (done: number) => Math.floor((4 * done) / steps);
    if (quarter(number) === quarter(number - 1)) return;
    const losses = `content ${lossText(loss.content)}, style ${lossText(loss.style)}, tv ${lossText(loss.tv)}`;
    const left = estimate?.remaining(seconds) ?? 0;
    const times = `${duration(seconds)} elapsed${left >= 0.5 ? `, about ${duration(left)} left` : ''}`;
    say(`scale ${scale}, step ${number} of ${steps}: ${losses}; ${times}`);
  }

  return {
    download,
    begin(beginning) {
      estimate = estimateTime(scalesOf(beginning), beginning.from?.seconds);
      say(title(beginning));
    },
    step,
    stopping() {
      if (estimate) say('Stopping after this step; Ctrl-C again stops at once.');
    },
    note: say,
    end: ({ stopped, checkpoint, seconds }) =>
      say(stopped ? stoppedAt(stopped, checkpoint) : `Painted in ${duration(seconds)}.`),
    close: () => {},
  };
}

/** Nothing at all. */
export function noProgress(): Progress {
  const nothing = () => {};
  return {
    download: nothing,
    begin: nothing,
    step: nothing,
    stopping: nothing,
    note: nothing,
    end: nothing,
    close: nothing,
  };
}
