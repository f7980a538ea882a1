import { totalmem } from 'node:os';
import { UserError } from '../core/errors.ts';
import { memoryOf, type Outputs } from '../core/graph/index.ts';
import {
  fit,
  MIN_SIZE,
  objectiveAt,
  statisticsAt,
  styleSize,
  tapsOf,
  type Work,
} from '../core/paint/index.ts';
import type { Picture } from '../core/picture/picture.ts';

/** @throws UserError when a picture is so narrow that nothing of it is left at the smallest scale */
export function checkShape(picture: Picture, role: 'content' | 'style', { settings, network }: Work): void {
  const [scale] = settings.scales as [number];
  const smallest = role === 'style' ? styleSize(settings, scale) : scale;
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

/**
 * Peak memory as measured from 256 to 1,024 pixels: what the program takes before any graph, two copies of the weights,
 * and twice the values, for the room that the engine's allocator leaves unused and for the optimiser's history.
 */
const BASE_BYTES = 290e6;
const COPIES_OF_CONSTANTS = 2;
const COPIES_OF_VALUES = 2;

/** @throws UserError when the largest scale wants more memory than the machine has free */
export function checkMemory(work: Work): void {
  const { size } = work.settings;
  const graphs = [objectiveAt(work, size), ...work.styles.map((style) => statisticsAt(work, style, size))];
  const wanted = Math.max(...graphs.map(bytesFor));
  const free = freeMemory();
  if (wanted <= free) return;
  const smaller = Math.floor((size * Math.sqrt(free / wanted)) / 64) * 64;
  throw new UserError(
    `A painting of ${size} pixels with ${work.network.architecture.name} needs about ${gigabytes(wanted)} GB of memory, and ` +
      `${gigabytes(free)} GB are free: try a size of ${Math.max(smaller, MIN_SIZE)}.`,
  );
}

function bytesFor(graph: Outputs): number {
  const { constants, values } = memoryOf(graph);
  return BASE_BYTES + COPIES_OF_CONSTANTS * constants + COPIES_OF_VALUES * values;
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
