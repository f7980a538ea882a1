import { totalmem } from 'node:os';
import { listed, UserError } from '../core/errors.ts';
import {
  fit,
  longestHistory,
  MIN_SIZE,
  type PlannedScale,
  planScale,
  styleSizeOf,
  tapsOf,
  type Work,
} from '../core/paint/index.ts';
import type { Size } from '../core/picture/picture.ts';

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
  const { scales: sizes, size } = work.settings;
  const scales = sizes.map((_, level) => planScale(work, level, budget));
  const foretold = Math.max(...scales.map(({ bytes }) => bytes));
  if (foretold <= budget) return { budget, foretold, scales };
  const smaller = Math.floor((size * Math.sqrt(budget / foretold)) / 64) * 64;
  throw new UserError(
    `A painting of ${size} pixels with ${work.network.architecture.name} needs at least ${gigabytes(foretold)} GB of memory, and ` +
      `it may take ${gigabytes(budget)} GB: try a size of ${Math.max(smaller, MIN_SIZE)}${bytes === undefined ? '' : ', or allow it more'}.`,
  );
}

/** What of the plan a person would want to know; nothing where the painting is worked out as always. */
export function planNote({ budget, scales }: MemoryPlan, work: Work): string | undefined {
  const last = scales.at(-1) as PlannedScale;
  const longest = longestHistory(work.settings.steps.at(-1) as number);
  const tiles = last.cutting?.counts.reduce((sum, { columns, rows }) => sum + columns * rows, 0);
  const parts = [
    ...(tiles === undefined ? [] : [`is worked out in ${tiles} tiles`]),
    ...(last.optimizer === 'lbfgs' && last.history < longest
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
