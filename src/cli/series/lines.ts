import { lineProgress } from '../progress/lines.ts';
import { complaint, counted, cutShort, heading, pace, type SeriesProgress, summary } from './progress.ts';

/** Where no terminal is: two lines a painting. */
export function seriesLines(out: NodeJS.WritableStream): SeriesProgress {
  const say = (line: string) => void out.write(`${line}\n`);
  const going = pace();
  let open = false;
  return {
    download: lineProgress(out).download,
    open(all, there) {
      going.open(all, there);
      open = true;
      say(`${counted(all, 'picture')} to paint${there > 0 ? `, ${there} of them there already` : ''}.`);
    },
    begin(beginning) {
      going.begin(beginning);
      say(heading(going.place(), beginning));
    },
    step: going.step,
    end({ stopped }) {
      going.next(1);
      say(stopped ? cutShort(stopped) : `Painted; ${going.times()}`);
    },
    failed(failure) {
      going.next(failure.paintings);
      say(`Not painted: ${complaint(failure)}`);
    },
    stopping() {
      if (open) say('Stopping after this step; Ctrl-C again stops at once.');
    },
    note: say,
    finish: (tally) => say(summary(tally, performance.now() / 1000)),
    close: () => {},
  };
}

/** Nothing at all. */
export function seriesSilence(): SeriesProgress {
  const nothing = () => {};
  return {
    download: nothing,
    open: nothing,
    begin: nothing,
    step: nothing,
    end: nothing,
    failed: nothing,
    stopping: nothing,
    note: nothing,
    finish: nothing,
    close: nothing,
  };
}
