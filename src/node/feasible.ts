import { totalmem } from 'node:os';
import { listed, UserError } from '../core/errors.ts';
import {
  fit,
  longestHistory,
  type PlannedScale,
  planScale,
  styleSizeOf,
  tapsOf,
  type Work,
} from '../core/paint/index.ts';
import type { Picture, Size } from '../core/picture/picture.ts';

/** @throws UserError when a picture is so narrow that nothing of it is left at the smallest scale */
export function checkShape(
  picture: Size,
  role: 'content' | 'style',
  { settings, network }: Pick<Work, 'settings' | 'network'>,
): void {
  const [scale] = settings.scales as [number];
  const smallest = role === 'style' ? styleSizeOf(picture, settings, scale) : scale;
  const { width, height } = fit(picture, smallest);
  const side = Math.min(width, height);
  const margin = Math.min(settings.margin, side);
  const taps = network.architecture.taps.filter(({ name }) => tapsOf(settings).includes(name));
  const seen = taps.every(({ stride }) => {
    const positions = Math.floor((side + 2 * margin) / stride) - 2 * Math.floor(margin / stride);
    return positions >= 1;
  });
  if (seen && side >= MIN_SIDE) return;
  throw new UserError(
    `The ${role} is too narrow: at the scale of ${smallest} pixels it would be ${width}x${height}; crop it, or begin with a larger scale.`,
  );
}

/** Pixels that the shorter side of a picture must have at every scale. */
const MIN_SIDE = 8;

/** How a painting is worked out in the memory there is. */
export interface MemoryPlan {
  /** Bytes that it may take. */
  readonly budget: number;
  /** Bytes that it is foretold to take, at most. */
  readonly foretold: number;
  readonly scales: readonly PlannedScale[];
}

/** The share of the free memory that is taken where nobody says how much. */
const SAFE = 0.8;

/**
 * Plans a painting within a budget.
 * @param bytes the budget; a safe part of what is free when left out
 * @throws UserError when no plan keeps to it
 */
export function planMemory(work: Work, bytes: number | undefined): MemoryPlan {
  const budget = bytes ?? SAFE * freeMemory();
  const scales: PlannedScale[] = [];
  // The largest first: where that does not fit, the others need not be planned.
  for (let level = work.settings.scales.length - 1; level >= 0; level--) {
    const planned = planScale(work, level, budget);
    if (planned.bytes > budget)
      throw new UserError(refusal(work, planned.bytes, budget, bytes !== undefined));
    scales.unshift(planned);
  }
  return { budget, foretold: Math.max(...scales.map(({ bytes }) => bytes)), scales };
}

/** @param isSaid whether somebody has said what it may take */
function refusal(work: Work, foretold: number, budget: number, isSaid: boolean): string {
  const smaller = largestWithin(work, budget);
  const more = isSaid ? ['allow it more'] : ['free some of it'];
  const advice = smaller === undefined ? more : [`try a size of ${smaller}`, ...(isSaid ? more : [])];
  return (
    `A painting of ${work.settings.size} pixels with ${work.network.architecture.name} needs at least ${atLeast(foretold)} GB of ` +
    `memory, and it may take ${atMost(budget)} GB: ${advice.join(', or ')}.`
  );
}

/** The largest size, in steps of 64 pixels, for which there is a plan within a budget; nothing where there is none. */
function largestWithin(work: Work, budget: number): number | undefined {
  const fits = (steps: number) => {
    const size = 64 * steps;
    // Pictures are read no larger than the painting is.
    const reduced = (picture: Picture) =>
      Math.max(picture.width, picture.height) <= size ? picture : { ...picture, ...fit(picture, size) };
    const settings = { ...work.settings, size, scales: [size], steps: work.settings.steps.slice(-1) };
    const pictures = { content: reduced(work.content), styles: work.styles.map(reduced) };
    return planScale({ ...work, ...pictures, settings }, 0, budget).bytes <= budget;
  };
  let [known, beyond] = [0, Math.ceil(work.settings.size / 64)];
  while (beyond - known > 1) {
    const middle = Math.floor((known + beyond) / 2);
    if (fits(middle)) known = middle;
    else beyond = middle;
  }
  return known === 0 ? undefined : 64 * known;
}

/**
 * Checks that there is room for something that is made before a painting can be planned.
 * @param bytes that it takes
 * @param what it is, for the message
 * @param budget what may be taken; a safe part of what is free when left out
 * @throws UserError when it takes more
 */
export function checkRoom(bytes: number, what: string, budget = SAFE * freeMemory()): void {
  if (bytes <= budget) return;
  throw new UserError(
    `${what} needs at least ${atLeast(bytes)} GB of memory, and it may take ${atMost(budget)} GB: make it smaller.`,
  );
}

/** What of the plan a person would want to know; nothing where the painting is worked out as always. */
export function planNote({ budget, scales }: MemoryPlan, work: Work): string | undefined {
  const last = scales.at(-1) as PlannedScale;
  const longest = longestHistory(work.settings.steps.at(-1) as number);
  const tiles = last.cutting?.counts.reduce((sum, { columns, rows }) => sum + columns * rows, 0);
  const parts = [
    ...(tiles === undefined ? [] : [`is worked out in ${tiles} tiles`]),
    ...(work.settings.optimizer === 'lbfgs' && last.history < longest
      ? [`remembers ${last.history} steps instead of ${longest}`]
      : []),
    ...(last.stored
      ? [`keeps ${last.stored === 'all' ? 'its large arrays' : 'arrays of its size'} on the disk`]
      : []),
  ];
  if (parts.length === 0) return undefined;
  return `To stay within ${gigabytes(budget)} GB of memory, the scale of ${work.settings.size} pixels ${listed(parts)}.`;
}

/**
 * Bytes that can be had without swapping. Where the system counts its file cache as used, as macOS and containers do, a
 * large part of all there is.
 */
function freeMemory(): number {
  const limit = process.constrainedMemory();
  const constrained = limit > 0 && limit < totalmem();
  if (process.platform === 'linux' && !constrained) return process.availableMemory();
  return 0.8 * (constrained ? limit : totalmem()) - process.memoryUsage.rss();
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}

/** Gigabytes, so rounded that what does not fit does not look as if it did. */
const atLeast = (bytes: number) => gigabytes(1e8 * Math.ceil(bytes / 1e8));
const atMost = (bytes: number) => gigabytes(1e8 * Math.floor(bytes / 1e8));
