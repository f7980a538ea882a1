import { type Estimate, estimateTime, type Scale, scalesOf } from '../../node/estimate.ts';
import type { Progress as Download, Losses, Step } from '../../node/index.ts';
import { duration, lossText, megabytes } from '../text.ts';
import { LONGEST_BAR, type Painter, painter } from './painter.ts';
import { type Progress, stoppedAt, title } from './progress.ts';
import { screenOn } from './screen.ts';

/** How far a scale is. */
interface Bar extends Scale {
  done: number;
  finished: boolean;
  loss: Losses | undefined;
  /** Seconds, from its beginning to its latest step. */
  took: number;
}

/**
 * On a terminal: a bar a scale, redrawn in its place. What is finished stays.
 * @param onStop what to say of Ctrl-C
 */
export function barProgress(
  terminal: NodeJS.WriteStream,
  onStop = 'Ctrl-C stops and keeps what is there',
): Progress {
  const screen = screenOn(terminal);
  const paint = painter(terminal);
  let bars: Bar[] = [];
  let estimate: Estimate | undefined;
  let seconds = 0;
  /** What the painting took before it was carried on. */
  let before = 0;
  let heard = performance.now();
  let hint = onStop;
  /** The source that has given all. */
  let fetched: string | undefined;
  let ticking: NodeJS.Timeout | undefined;

  /** Redraws. The clock also runs between steps, which may take long. */
  function redraw(): void {
    const now = seconds + (performance.now() - heard) / 1000;
    const left = estimate?.remaining(now);
    const times = `${duration(now)} elapsed${left === undefined ? '' : `, about ${duration(left)} left`}`;
    const width = terminal.columns;
    const status = `  ${times}`;
    const room = width - status.length - 4;
    screen.draw([...lines(width), status + (hint.length <= room ? paint.dim(`   ${hint}`) : '')].join('\n'));
  }

  function lines(width: number): string[] {
    return bars.map((bar) => barLine(bar, bars, width, paint));
  }

  function step(found: Step): void {
    const present = bars.findIndex(({ scale }) => scale === found.scale);
    const bar = bars[present] as Bar;
    const earlier = bars.slice(0, present);
    for (const scale of earlier) scale.finished = true;
    bar.done = found.step;
    bar.loss = found.loss;
    bar.finished = found.last;
    bar.took = found.seconds - before - earlier.reduce((sum, { took }) => sum + took, 0);
    estimate?.step(found.scale, found.step, found.seconds);
    seconds = found.seconds;
    heard = performance.now();
    redraw();
  }

  function download({ received, total, source }: Download): void {
    if (fetched === source) return;
    const width = terminal.columns;
    const heading = `Fetching the network's weights from ${source}`;
    const amount =
      total === undefined ? megabytes(received) : `${megabytes(received)} of ${megabytes(total)}`;
    const bar = paint.bar(total ? received / total : 0, Math.min(LONGEST_BAR, width - amount.length - 5));
    screen.draw(
      `${heading.length < width ? heading : `${heading.slice(0, width - 2)}…`}\n  ${bar}  ${amount}`,
    );
    if (received !== total) return;
    fetched = source;
    screen.done();
  }

  /** Leaves what is drawn where it is. */
  function leave(last?: string): void {
    clearInterval(ticking);
    if (bars.length > 0) screen.keep([...lines(terminal.columns), ...(last ? [last] : [])].join('\n'));
    screen.done();
    bars = [];
  }

  return {
    download,
    begin(beginning) {
      screen.keep(title(beginning));
      const scales = scalesOf(beginning);
      const { from } = beginning;
      bars = scales.map((scale) => {
        const finished = from !== undefined && scale.scale < from.scale;
        const done = finished ? scale.steps : scale.scale === from?.scale ? from.step : 0;
        return { ...scale, done, finished, loss: undefined, took: 0 };
      });
      before = from?.seconds ?? 0;
      seconds = before;
      estimate = estimateTime(scales, before);
      heard = performance.now();
      ticking = setInterval(redraw, 500).unref();
      redraw();
    },
    step,
    stopping() {
      hint = 'stopping; Ctrl-C again stops at once';
      if (bars.length > 0) redraw();
    },
    note: screen.keep,
    end: (ending) =>
      leave(
        ending.stopped
          ? stoppedAt(ending.stopped, ending.checkpoint)
          : `Painted in ${duration(ending.seconds)}.`,
      ),
    close: leave,
  };
}

/**
 * `  256 ━━━━━━━━━━━━━━━━  34/80  content 0.0123  style 0.0456  tv 0.0012   0:41`: with as many of the losses as there is
 * room for, and bars of all scales equally long.
 */
function barLine(bar: Bar, all: readonly Bar[], width: number, paint: Painter): string {
  const { scale, done, finished, loss, took } = bar;
  const widest = (numbers: number[]) => Math.max(...numbers.map((value) => String(value).length));
  const label = String(scale).padStart(widest(all.map((other) => other.scale)) + 2);
  // A scale that found nothing better any more has fewer steps than were planned.
  const steps = finished ? done : bar.steps;
  const count = `${done}/${steps}`.padStart(2 * widest(all.map((other) => other.steps)) + 1);
  const room = width - label.length - count.length - TIME - 3;
  const terms = TERMS.find((names) => room - lengthOf(names) >= SHORTEST_BAR) ?? [];
  const losses = terms.map((name) => `  ${name} ${loss ? lossText(loss[name]).padEnd(6) : ' '.repeat(6)}`);
  const rod = paint.bar(finished ? 1 : done / steps, Math.min(LONGEST_BAR, room - lengthOf(terms)));
  if (!loss) return `${label} ${rod} ${paint.dim(count)}`;
  return `${label} ${rod} ${count}${losses.join('')}${paint.dim(duration(took).padStart(TIME))}`;
}

/** The losses to show, from the most to the fewest. */
const TERMS = [['content', 'style', 'tv'], ['total'], []] as const;
const SHORTEST_BAR = 12;
/** Columns for the time of a scale. */
const TIME = 8;

function lengthOf(terms: readonly string[]): number {
  return terms.reduce((sum, name) => sum + name.length + 9, 0);
}
