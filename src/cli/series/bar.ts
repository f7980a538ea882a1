import { basename } from 'node:path';
import { createLogUpdate } from 'log-update';
import { barProgress } from '../progress/bars.ts';
import { LONGEST_BAR, painter } from '../progress/painter.ts';
import { complaint, cutShort, heading, pace, type SeriesProgress, summary } from './progress.ts';

/** On a terminal: one bar for the whole series, redrawn in its place, under the titles of what was painted. */
export function seriesBar(terminal: NodeJS.WriteStream): SeriesProgress {
  const draw = createLogUpdate(terminal, { showCursor: true });
  const paint = painter(terminal);
  const going = pace();
  // What comes before the first painting looks as it does for a single one.
  const before = barProgress(terminal);
  let now = '';
  let hint = 'Ctrl-C ends with this picture';
  let ticking: NodeJS.Timeout | undefined;

  function redraw(): void {
    const width = terminal.columns ?? 80;
    const place = `  ${going.place()} `;
    const rod = paint.bar(going.share(), Math.min(LONGEST_BAR, width - place.length - 2));
    const status = `  ${now}${now && '   '}${going.times()}`.slice(0, width - 1);
    const room = width - status.length - 4;
    draw(`${place}${rod}\n${status}${hint.length <= room ? paint.dim(`   ${hint}`) : ''}`);
  }

  /** Leaves the line to others. */
  function pause(): void {
    clearInterval(ticking);
    ticking = undefined;
    draw.clear();
  }

  return {
    download: before.download,
    open: going.open,
    begin(beginning) {
      going.begin(beginning);
      draw.clear();
      draw.persist(heading(going.place(), beginning));
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
      if (stopped) draw.persist(cutShort(stopped));
    },
    failed(failure) {
      pause();
      going.next(failure.paintings);
      draw.persist(`Not painted: ${complaint(failure)}`);
    },
    stopping() {
      hint = 'stopping; Ctrl-C again stops at once';
      if (ticking) redraw();
    },
    note: (sentence) => draw.persist(sentence),
    finish(tally) {
      pause();
      draw.persist(summary(tally, performance.now() / 1000));
    },
    close() {
      pause();
      draw.done();
    },
  };
}
