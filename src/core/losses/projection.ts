import { constant, conv2d, type Tensor } from '../graph/index.ts';
import { BLOCK } from '../graph/operations/blocks.ts';
import { random } from '../picture/noise.ts';
import { addScaled, dot } from '../vector.ts';

/** No fewer channels than these are kept: fewer would be no quicker. */
const FEWEST = BLOCK;

/**
 * Feature maps `[1, C, H, W]` in fewer channels: their projection onto random directions at right angles to each other,
 * the same ones each time. For a projection P, the Gram matrix of the result is `P G Pᵀ`, and the distance of two such
 * matrices stands for that of the whole ones (Johnson & Lindenstrauss 1984), at a share of the arithmetic that falls
 * with the square of the channels. Each direction mixes a few neighbouring channels only, which costs a fraction of what
 * mixing all of them would, and keeps distances as well: the order of channels means nothing.
 *
 * @param share the part of the channels to keep, in (0,1]
 */
export function project(features: Tensor, share: number): Tensor {
  const projection = projectionOf(features.shape[1] as number, share);
  if (!projection) return features;
  const { kernels, kept, mixed, groups } = projection;
  return conv2d(features, constant(kernels, [kept, mixed, 1, 1]), undefined, { groups });
}

/** A projection onto random directions, as the kernels of a convolution in groups. */
export interface Projection {
  /** `[kept, mixed]`: unit vectors, those of a group at right angles to each other. */
  readonly kernels: Float32Array;
  /** How many channels it gives. */
  readonly kept: number;
  /** The channels of a group, of which each of its directions is a mixture. */
  readonly mixed: number;
  readonly groups: number;
}

const knownProjections = new Map<string, Projection>();

/**
 * The projection of so many channels onto a part of them.
 * @returns nothing where all channels are kept
 */
export function projectionOf(channels: number, share: number): Projection | undefined {
  // As many groups as there can be, of whole blocks before and after.
  const blocks = Math.floor(channels / BLOCK);
  const whole = channels === blocks * BLOCK;
  const kept = Math.max(FEWEST, whole ? BLOCK * Math.round(blocks * share) : Math.round(channels * share));
  if (kept >= channels) return undefined;
  const key = `${kept} of ${channels}`;
  const known = knownProjections.get(key);
  if (known) return known;
  const groups = whole ? commonDivisor(blocks, kept / BLOCK) : 1;
  const mixed = channels / groups;
  const kernels = new Float32Array(kept * mixed);
  const next = random(channels);
  for (let group = 0; group < groups; group++) {
    kernels.set(orthonormal(kept / groups, mixed, next), (group * kept * mixed) / groups);
  }
  const projection = { kernels, kept, mixed, groups };
  knownProjections.set(key, projection);
  return projection;
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

const knownDirections = new Map<string, Float32Array>();

/**
 * So many random unit vectors in the space of the channels, each at right angles to the others and the same ones each time:
 * the rows of a matrix `[count, channels]`.
 * @param count at most as many as there are channels
 */
export function directions(channels: number, count: number): Float32Array {
  const key = `${count} of ${channels}`;
  const found = knownDirections.get(key) ?? orthonormal(count, channels, random(channels));
  knownDirections.set(key, found);
  return found;
}

/** Random unit vectors at right angles to each other, the rows of a matrix `[count, length]`. @param next draws from [0,1) */
function orthonormal(count: number, length: number, next: () => number): Float32Array {
  const matrix = new Float32Array(count * length);
  const rows: Float32Array[] = [];
  for (let i = 0; i < count; i++) {
    const row = matrix.subarray(i * length, (i + 1) * length);
    for (let c = 0; c < length; c++) row[c] = next() * 2 - 1;
    for (const other of rows) addScaled(row, row, -dot(row, other), other);
    const norm = Math.sqrt(dot(row, row));
    for (let c = 0; c < length; c++) row[c] = (row[c] as number) / norm;
    rows.push(row);
  }
  return matrix;
}
