import { constant, conv2d, type Tensor } from '../graph/index.ts';
import { random } from '../picture/noise.ts';
import { addScaled, dot } from '../vector.ts';

/** Maps of no more channels than this are left whole: there is nothing to gain. */
const FEWEST = 64;

/**
 * Feature maps `[1, C, H, W]` in fewer channels: their projection onto random directions at right angles to each other,
 * the same ones each time. For a projection P, the Gram matrix of the result is `P G Pᵀ`, and the distance of two such
 * matrices stands for that of the whole ones (Johnson & Lindenstrauss 1984), at a share of the arithmetic that falls
 * with the square of the channels.
 *
 * @param share the part of the channels to keep, in (0,1]
 */
export function project(features: Tensor, share: number): Tensor {
  const channels = features.shape[1] as number;
  const matrix = projectionOf(channels, share);
  if (!matrix) return features;
  return conv2d(features, constant(matrix, [matrix.length / channels, channels, 1, 1]));
}

/**
 * The matrix of that projection `[kept, channels]`: random unit vectors, each at right angles to the others.
 * @returns nothing where all channels are kept
 */
export function projectionOf(channels: number, share: number): Float32Array | undefined {
  const kept = Math.max(FEWEST, Math.round(channels * share));
  if (kept >= channels) return undefined;
  return directions(channels, kept);
}

const known = new Map<string, Float32Array>();

/**
 * So many random unit vectors in the space of the channels, each at right angles to the others and the same ones each time:
 * the rows of a matrix `[count, channels]`.
 * @param count at most as many as there are channels
 */
export function directions(channels: number, count: number): Float32Array {
  const key = `${count} of ${channels}`;
  const found = known.get(key);
  if (found) return found;
  const next = random(channels);
  const matrix = new Float32Array(count * channels);
  const rows: Float32Array[] = [];
  for (let i = 0; i < count; i++) {
    const row = matrix.subarray(i * channels, (i + 1) * channels);
    for (let c = 0; c < channels; c++) row[c] = next() * 2 - 1;
    for (const other of rows) addScaled(row, row, -dot(row, other), other);
    const length = Math.sqrt(dot(row, row));
    for (let c = 0; c < channels; c++) row[c] = (row[c] as number) / length;
    rows.push(row);
  }
  known.set(key, matrix);
  return matrix;
}
