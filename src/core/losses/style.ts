import {
  add,
  div,
  elements,
  gram,
  matmul,
  relu,
  scale,
  sqrt,
  sub,
  sumSquares,
  type Tensor,
} from '../graph/index.ts';
import {
  aboveZero,
  channelMeans,
  channelVariances,
  covariance,
  root,
  trace,
  traceOfRoot,
} from './gaussian.ts';
import { histogramLoss } from './histogram.ts';

/** Named tensors of a style: what is kept of the style picture, at one tap. */
export type Statistics = Readonly<Record<string, Tensor>>;

/** A way to measure how far feature maps are from a style. */
export interface StyleLoss {
  /** Whether maps are projected onto fewer channels first: only where products of channels cost something. */
  readonly projects: boolean;
  /** What is kept of the feature maps of the style picture `[1, C, h, w]`. No sizes of pictures are in it. */
  readonly statistics: (features: Tensor) => Statistics;
  /** How far the feature maps of a painting are from the style whose statistics these are, as a scalar. */
  readonly loss: (features: Tensor, target: Statistics) => Tensor;
}

/**
 * Gram matrices (Gatys, Ecker & Bethge 2015), relative to the target: `||G - A||² / ||A||²`, which makes taps of all depths
 * and networks count alike.
 */
const gramLoss: StyleLoss = {
  projects: true,
  statistics: (features) => ({ gram: gram(features) }),
  loss: (features, { gram: target }) => {
    const distance = sumSquares(sub(gram(features), target as Tensor));
    return div(distance, sumSquares(target as Tensor));
  },
};

/** As in that paper, with the positions folded into the Gram matrix: `||G - A||² / (4 C²)`. */
const gatysLoss: StyleLoss = {
  ...gramLoss,
  loss: (features, { gram: target }) => {
    const distance = sumSquares(sub(gram(features), target as Tensor));
    return scale(distance, 1 / (4 * elements((target as Tensor).shape)));
  },
};

/**
 * Mean and standard deviation of each channel (Huang & Belongie 2017), relative to the target. No products of channels:
 * the cheapest.
 */
const momentsLoss: StyleLoss = {
  projects: false,
  statistics: (features) => {
    const mean = channelMeans(features);
    return { mean, deviation: sqrt(aboveZero(relu(channelVariances(features, mean)))) };
  },
  loss: (features, target) => {
    const found = momentsLoss.statistics(features);
    const names = ['mean', 'deviation'];
    const distance = names.map((name) => sumSquares(sub(found[name] as Tensor, target[name] as Tensor)));
    const size = names.map((name) => sumSquares(target[name] as Tensor));
    return div(distance.reduce(add), size.reduce(add));
  },
};

/**
 * The squared 2-Wasserstein distance of the two Gaussians with the maps' means and covariances, relative to the target:
 * `||m - n||² + tr(S + T - 2 (T^(1/2) S T^(1/2))^(1/2))` by `||n||² + tr T`.
 */
const wassersteinLoss: StyleLoss = {
  projects: true,
  statistics: (features) => {
    const mean = channelMeans(features);
    return { mean, root: root(covariance(features, mean)) };
  },
  loss: (features, target) => {
    const [n, t] = [target.mean as Tensor, target.root as Tensor];
    const mean = channelMeans(features);
    const s = covariance(features, mean);
    const common = traceOfRoot(matmul(matmul(t, s), t));
    const variance = sumSquares(t);
    const distance = add(sumSquares(sub(mean, n)), sub(add(trace(s), variance), scale(common, 2)));
    return div(distance, add(sumSquares(n), variance));
  },
};

/** What a style can be measured by. */
export const styleLosses = {
  gram: gramLoss,
  moments: momentsLoss,
  wasserstein: wassersteinLoss,
  histogram: histogramLoss,
} as const satisfies Record<string, StyleLoss>;

export type StyleLossName = keyof typeof styleLosses;

/** The style loss of a recipe: `classic` is the paper's own form of `gram`. */
export function styleLossOf(name: StyleLossName, losses: 'relative' | 'classic'): StyleLoss {
  return losses === 'classic' && name === 'gram' ? gatysLoss : styleLosses[name];
}
