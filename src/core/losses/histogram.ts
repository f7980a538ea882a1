import {
  add,
  addColumn,
  constant,
  div,
  gram,
  matmul,
  mul,
  mulColumn,
  relu,
  reshape,
  rowSums,
  scalar,
  scale,
  sigmoid,
  sqrt,
  sub,
  sumSquares,
  type Tensor,
  transpose,
} from '../graph/index.ts';
import { aboveZero, channelMeans } from './gaussian.ts';
import { directions } from './projection.ts';
import type { Statistics, StyleLoss } from './style.ts';

/** Along how many directions in the space of the channels distributions are compared; fewer where there are fewer channels. */
const DIRECTIONS = 32;
/** Where a distribution is looked at: in standard deviations of the style from its mean. */
const THRESHOLDS = [-2.1, -1.5, -0.9, -0.3, 0.3, 0.9, 1.5, 2.1];
/** How soft the step at a threshold is, in the same: steps that leave no gap, so that each value is drawn somewhere. */
const SOFTNESS = 0.3;
/** What histograms count for beside the Gram matrix: about as much, for pictures that have nothing to do with each other. */
const WEIGHT = 10;
/** The share of a mean, squared, that counts as variance: flat maps have none. */
const LEAST_OF_MEAN = 1e-5;

/**
 * Gram matrices and, beside them, histograms (Risser, Wilmot & Barnes 2017), without any sorting: along fixed directions in
 * the space of the channels, which share of the positions is above each of a few thresholds. With these shares `s` of the
 * painting and `t` of the style the loss is `||G - A||² / ||A||² + w ||s - t||² / ||t||²`. The second term is a soft Cramér
 * distance: 0 for the same distributions and about 1 where all values are beyond the style's.
 *
 * Of a style are kept its Gram matrix `[C, C]`, the means of its channels `[C, 1]`, and its shares `[directions x thresholds,
 * 1]`: means over positions all of them. Mean and deviation along a direction, where the thresholds are, follow from the first
 * two. Where several styles are mixed they are those of all their positions together; the shares are mixed at the same places
 * relative to them, which gives a distribution of that mean and deviation and a shape between those of the styles.
 */
export const histogramLoss: StyleLoss = {
  projects: true,
  frame: (features, shares) => ({ gram: gram(features, shares), mean: channelMeans(features, shares) }),
  moments: (features, frame, shares) => ({
    gram: gram(features, shares),
    above: sharesAbove(features, frame, shares),
  }),
  kept: ({ gram, above }, { mean }) => ({
    gram: gram as Tensor,
    mean: mean as Tensor,
    shares: above as Tensor,
  }),
  distance: ({ gram, above }, target) => {
    const shares = relativeDistance(above as Tensor, target.shares as Tensor);
    return add(relativeDistance(gram as Tensor, target.gram as Tensor), scale(shares, WEIGHT));
  },
};

/** The share of the positions above each threshold of a style along each direction: `[directions x thresholds, 1]`. */
function sharesAbove(features: Tensor, style: Statistics, shares?: Tensor): Tensor {
  const [, channels, height, width] = features.shape as [number, number, number, number];
  const positions = height * width;
  const { rows, places } = looksAt(channels);
  const mean = matmul(rows, style.mean as Tensor);
  const meanSquare = rowSums(mul(matmul(rows, style.gram as Tensor), rows));
  const square = mul(mean, mean);
  const variance = add(relu(sub(meanSquare, square)), scale(square, LEAST_OF_MEAN));
  const slope = div(scalar(1), scale(sqrt(aboveZero(variance)), SOFTNESS));
  // slope (row f - mean) - place, with all that is known of the style in one matrix and one column.
  const column = scale(add(mul(mean, slope), places), -1);
  const f = reshape(features, [channels, positions]);
  const above = sigmoid(addColumn(matmul(mulColumn(rows, slope), f), column));
  return shares ? matmul(above, transpose(shares)) : scale(rowSums(above), 1 / positions);
}

/** What is looked at in maps of so many channels: each direction, once for each threshold, and the thresholds. */
function looksAt(channels: number): { readonly rows: Tensor; readonly places: Tensor } {
  const found = known.get(channels);
  if (found) return found;
  const count = Math.min(DIRECTIONS, channels);
  const matrix = directions(channels, count);
  const thresholds = THRESHOLDS.length;
  const rows = new Float32Array(count * thresholds * channels);
  const places = new Float32Array(count * thresholds);
  for (let i = 0; i < count * thresholds; i++) {
    const direction = Math.floor(i / thresholds);
    rows.set(matrix.subarray(direction * channels, (direction + 1) * channels), i * channels);
    places[i] = (THRESHOLDS[i % thresholds] as number) / SOFTNESS;
  }
  const looks = {
    rows: constant(rows, [count * thresholds, channels]),
    places: constant(places, [count * thresholds, 1]),
  };
  known.set(channels, looks);
  return looks;
}

const known = new Map<number, { readonly rows: Tensor; readonly places: Tensor }>();

/** `||x - y||² / ||y||²`. */
function relativeDistance(x: Tensor, y: Tensor): Tensor {
  return div(sumSquares(sub(x, y)), sumSquares(y));
}
