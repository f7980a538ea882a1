import { scalesOf } from '../../node/estimate.ts';
import type { Step } from '../../node/index.ts';
import type { Beginning, Ending, Progress } from '../progress/progress.ts';
import { title } from '../progress/progress.ts';
import { duration, printable } from '../text.ts';

/** What could not be painted, and why. */
export interface Failure {
  /** A name, or several in words. */
  readonly content: string;
  readonly reason: string;
  /** Paintings that there are not for it. */
  readonly paintings: number;
  /** Whether the person can put it right. */
  readonly expected: boolean;
}

/** What became of a series. */
export interface Tally {
  readonly painted: number;
  /** Painted before this run. */
  readonly there: number;
  readonly failures: readonly Failure[];
  /** Not begun when it was stopped, or not done. */
  readonly left: number;
}

/** Tells the person, or a program, how a series of paintings goes. */
export interface SeriesProgress extends Pick<Progress, 'download' | 'note' | 'stopping' | 'close'> {
  /** @param all paintings of the series, of which so many are there already */
  open(all: number, there: number): void;
  /** One is about to be painted. */
  begin(beginning: Beginning, output: string): void;
  step(step: Step): void;
  end(ending: Ending): void;
  failed(failure: Failure): void;
  /** The series is over, or was stopped. */
  finish(tally: Tally): void;
}

/** How far a series is: in paintings, and a painting in steps that count by their pixels. */
export interface Pace {
  open(all: number, there: number): void;
  begin(beginning: Beginning): void;
  step(step: Step): void;
  /** Another is done with, painted or not. */
  next(paintings: number): void;
  /** `3 of 12` */
  place(): string;
  /** From 0 to 1, of what there was to do. */
  share(): number;
  /** Since the series began to be painted, and what is left, as far as it can be told. */
  times(): string;
}

export function pace(now: () => number = () => performance.now() / 1000): Pace {
  let all = 0;
  let there = 0;
  let passed = 0;
  let within = 0;
  let scales: ReturnType<typeof scalesOf> = [];
  let began = now();
  const share = () => (all === there ? 1 : (passed + within) / (all - there));
  return {
    open(paintings, done) {
      all = paintings;
      there = done;
      began = now();
    },
    begin(beginning) {
      scales = scalesOf(beginning);
      within = 0;
    },
    step(step) {
      const work = scales.map(({ pixels, steps }) => pixels * steps);
      const present = scales.findIndex(({ scale }) => scale === step.scale);
      const before = work.slice(0, present).reduce((sum, part) => sum + part, 0);
      const whole = work.reduce((sum, part) => sum + part, 0);
      within = (before + (scales[present]?.pixels ?? 0) * step.step) / whole;
    },
    next(paintings) {
      passed += paintings;
      within = 0;
    },
    place: () => `${Math.min(all, there + passed + 1)} of ${all}`,
    share,
    times() {
      const elapsed = now() - began;
      const done = share();
      // At the very beginning the engine is still being loaded.
      const left = done < 0.01 || done >= 1 ? '' : `, about ${duration((elapsed * (1 - done)) / done)} left`;
      return `${duration(elapsed)} elapsed${left}`;
    },
  };
}

/** `3 of 12: town.jpg in the style of swirls.jpg: 512 x 384 pixels with resnet50` */
export function heading(place: string, beginning: Beginning): string {
  return `${place}: ${title(beginning)}`;
}

/** Of a painting that is not done. */
export function cutShort({ scale, step, steps }: NonNullable<Ending['stopped']>): string {
  return `Stopped at step ${step} of ${steps} of scale ${scale}; it is as it stood.`;
}

/** `Painted 10 pictures in 2:04; 1 was there already; 1 could not be painted.` */
export function summary({ painted, there, failures, left }: Tally, seconds: number): string {
  const failed = failures.reduce((sum, { paintings }) => sum + paintings, 0);
  const parts = [
    `Painted ${counted(painted, 'picture')} in ${duration(seconds)}`,
    ...(there > 0 ? [`${there} ${there === 1 ? 'was' : 'were'} there already`] : []),
    ...(failed > 0 ? [`${failed} could not be painted`] : []),
    ...(left > 0 ? [`${left} ${left === 1 ? 'is' : 'are'} left`] : []),
  ];
  return `${parts.join('; ')}.`;
}

/** What is wrong, with the name of what it is wrong with. */
export function complaint({ content, reason }: Failure): string {
  return printable(reason.includes(content) ? reason : `${content}: ${reason}`);
}

/** `1 picture`, `2 pictures` */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
