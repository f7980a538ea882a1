import type { Settings, Size } from '../core/paint/index.ts';

/** The numbers of a painting's settings and sizes that belong together, one entry a scale. */
export interface Scale {
  /** Longest side in pixels. */
  readonly scale: number;
  /** As many as the network sees, which has a margin around the picture. */
  readonly pixels: number;
  readonly steps: number;
}

export function scalesOf({
  settings,
  sizes,
}: {
  readonly settings: Settings;
  readonly sizes: readonly Size[];
}): Scale[] {
  const margins = 2 * settings.margin;
  return sizes.map(({ width, height }, i) => ({
    scale: settings.scales[i] as number,
    pixels: (width + margins) * (height + margins),
    steps: settings.steps[i] as number,
  }));
}

/** Guesses how long a painting will still take, from how long its steps took. */
export interface Estimate {
  /**
   * Takes note of a step.
   * @param seconds since the painting began
   */
  step(scale: number, step: number, seconds: number): void;
  /**
   * Seconds that are left, or nothing before the second step.
   * @param seconds since the painting began
   */
  remaining(seconds: number): number | undefined;
}

/** What is known of the time that a scale takes. */
interface Measured {
  readonly pixels: number;
  /** From the end of the scale before, or the beginning, to the first step's end. */
  readonly first: number;
  /** The latest steps after the first. */
  readonly latest: number[];
}

/** Over so many steps their time is averaged. */
const LATEST = 20;
/** The steps that it takes as long as to prepare a scale. */
const PREPARATION = 1.5;

/**
 * A step's time grows with the pixels: by a line through what two scales took, or in proportion where only one has been
 * seen. A scale's first step takes longer by its preparation: about as long as the last one's, or as one and a half steps.
 * @param from the seconds that a painting has taken before it was carried on
 */
export function estimateTime(scales: readonly Scale[], from = 0): Estimate {
  const measured: Measured[] = [];
  let done = 0;
  let last = from;

  function step(scale: number, number: number, seconds: number): void {
    const index = scales.findIndex((candidate) => candidate.scale === scale);
    const took = seconds - last;
    const present = measured[index];
    if (!present) measured[index] = { pixels: (scales[index] as Scale).pixels, first: took, latest: [] };
    else present.latest.push(took);
    if (present && present.latest.length > LATEST) present.latest.shift();
    done = number;
    last = seconds;
  }

  function remaining(seconds: number): number | undefined {
    const present = measured.at(-1);
    // A painting that is carried on may have seen none of the first scales.
    const scalesSeen = Object.keys(measured).length;
    // The very first step has the loading of the engine in it, and says nothing of the others.
    if (!present || (scalesSeen === 1 && present.latest.length === 0)) return undefined;
    const index = measured.length - 1;
    const left = (scales[index] as Scale).steps - done;
    let sum = left * stepTime(measured, present.pixels);
    for (const { pixels, steps } of scales.slice(measured.length)) {
      const preparation = Math.max(0, present.first - stepTime(measured, present.pixels));
      const time = stepTime(measured, pixels);
      sum += steps * time + Math.max(preparation, PREPARATION * time);
    }
    // Between two steps the time runs, but not past the step that is under way.
    const underWay = Math.min(seconds - last, stepTime(measured, present.pixels));
    return Math.max(0, sum - (left > 0 ? underWay : 0));
  }

  return { step, remaining };
}

/** The time of a step at a scale of that many pixels. */
function stepTime(measured: readonly Measured[], pixels: number): number {
  const known = measured.filter(({ latest }) => latest.length > 0);
  const present = measured.at(-1) as Measured;
  const own = known.find((candidate) => candidate.pixels === pixels);
  if (own) return mean(own.latest);
  const nearest = known.at(-1);
  // A scale's only step so far, with its preparation in it, is better than nothing.
  if (!nearest) return present.first * (pixels / present.pixels);
  const before = known.at(-2);
  const time = mean(nearest.latest);
  if (!before) return time * (pixels / nearest.pixels);
  const slope = (time - mean(before.latest)) / (nearest.pixels - before.pixels);
  return slope > 0 ? time + slope * (pixels - nearest.pixels) : time * (pixels / nearest.pixels);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
