import { basename } from 'node:path';
import { barProgress } from '../progress/bars.ts';
import { LONGEST_BAR, painter } from '../progress/painter.ts';
import { screenOn } from '../progress/screen.ts';
import { complaint, cutShort, heading, pace, type SeriesProgress, summary } from './progress.ts';

/** On a terminal: one bar for the whole series, redrawn in its place, under the titles of what was painted. */
export function seriesBar(terminal: NodeJS.WriteStream): SeriesProgress {
  const screen = screenOn(terminal);
  const paint = painter(terminal);
  const going = pace();
  // What comes before the first painting looks as it does for a single one.
  const before = barProgress(terminal);
  let now = '';
  let hint = 'Ctrl-C ends with this picture';
  let ticking: NodeJS.Timeout | undefined;

  function redraw(): void {
    const width = terminal.columns;
    const place = `  ${going.place()} `;
    const rod = paint.bar(going.share(), Math.min(LONGEST_BAR, width - place.length - 2));
    const status = `  ${now}${now && '   '}${going.times()}`.slice(0, width - 1);
    const room = width - status.length - 4;
    screen.draw(`${place}${rod}\n${status}${hint.length <= room ? paint.dim(`   ${hint}`) : ''}`);
  }

  /** Leaves the line to others. */
  function pause(): void {
    clearInterval(ticking);
    ticking = undefined;
    screen.clear();
  }

  return {
    download: before.download,
    open: going.open,
    begin(beginning) {
      going.begin(beginning);
      screen.keep(heading(going.place(), beginning));
      now = '';
      ticking = setInterval(redraw, 500).unref();
      redraw();
    },
    step(step) {
      going.step(step);
      now = `scale ${step.scale}, step ${step.step} of ${step.steps}`;
      redraw();
    },
    end({ file, stopped }) {
      pause();
      going.next(1);
      now = basename(file);
      if (stopped) screen.keep(cutShort(stopped));
    },
    failed(failure) {
      pause();
      going.next(failure.paintings);
      screen.keep(`Not painted: ${complaint(failure)}`);
    },
    stopping() {
      hint = 'stopping; Ctrl-C again stops at once';
      if (ticking) redraw();
    },
    note: screen.keep,
    finish(tally) {
      pause();
      screen.keep(summary(tally, performance.now() / 1000));
    },
    close() {
      pause();
      screen.done();
    },
  };
}
