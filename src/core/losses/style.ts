import {
  add,
  div,
  elements,
  gram,
  matmul,
  mul,
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
  channelSquares,
  covariance,
  root,
  secondMoment,
  trace,
  traceOfRoot,
} from './gaussian.ts';
import { histogramLoss } from './histogram.ts';

/** Named tensors that are kept of feature maps. */
export type Statistics = Readonly<Record<string, Tensor>>;

/**
 * A way to measure how far feature maps are from a style, in two halves: sums over positions, and what is made of the sums. The
 * sums of the parts of a picture add up to those of the whole.
 */
export interface StyleLoss {
  /** Whether maps are projected onto fewer channels first: only where products of channels cost something. */
  readonly projects: boolean;
  /**
   * What of a style has to be known before its other sums can be taken, such as the mean of each channel: sums as well.
   * @param features maps `[1, C, h, w]`
   * @param shares how much each position counts, `[1, h w]`, together 1; all count alike where it is left out
   */
  readonly frame: (features: Tensor, shares?: Tensor) => Statistics;
  /** The sums over the positions of feature maps, in a style's frame. No sizes of pictures are in them. */
  readonly moments: (features: Tensor, frame: Statistics, shares?: Tensor) => Statistics;
  /** What is kept of a style picture, from its moments in its own frame: the frame is part of it. */
  readonly kept: (moments: Statistics, frame: Statistics) => Statistics;
  /** How far a painting, whose moments were taken in the frame of a style, is from what was kept of that style: a scalar. */
  readonly distance: (moments: Statistics, target: Statistics) => Tensor;
}

/** What is kept of the feature maps of a style picture. */
export function styleStatisticsOf(loss: StyleLoss, features: Tensor, shares?: Tensor): Statistics {
  const frame = loss.frame(features, shares);
  return loss.kept(loss.moments(features, frame, shares), frame);
}

/** How far the feature maps of a painting are from a style, as a scalar. */
export function styleDistance(
  loss: StyleLoss,
  features: Tensor,
  target: Statistics,
  shares?: Tensor,
): Tensor {
  return loss.distance(loss.moments(features, target, shares), target);
}

/**
 * Gram matrices (Gatys, Ecker & Bethge 2015), relative to the target: `||G - A||² / ||A||²`, which makes taps of all depths
 * and networks count alike.
 */
const gramLoss: StyleLoss = {
  projects: true,
  frame: () => ({}),
  moments: (features, _, shares) => ({ gram: gram(features, shares) }),
  kept: ({ gram }) => ({ gram: gram as Tensor }),
  distance: ({ gram }, { gram: target }) =>
    div(sumSquares(sub(gram as Tensor, target as Tensor)), sumSquares(target as Tensor)),
};

/** As in that paper, with the positions folded into the Gram matrix: `||G - A||² / (4 C²)`. */
const gatysLoss: StyleLoss = {
  ...gramLoss,
  distance: ({ gram }, { gram: target }) =>
    scale(sumSquares(sub(gram as Tensor, target as Tensor)), 1 / (4 * elements((target as Tensor).shape))),
};

/**
 * Mean and standard deviation of each channel (Huang & Belongie 2017), relative to the target. No products of channels:
 * the cheapest.
 */
const momentsLoss: StyleLoss = {
  projects: false,
  frame: () => ({}),
  moments: (features, _, shares) => ({
    mean: channelMeans(features, shares),
    square: channelSquares(features, shares),
  }),
  kept: ({ mean, square }) => {
    const variance = sub(square as Tensor, mul(mean as Tensor, mean as Tensor));
    return { mean: mean as Tensor, deviation: sqrt(aboveZero(relu(variance))) };
  },
  distance: (moments, target) => {
    const found = momentsLoss.kept(moments, {});
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
  frame: (features, shares) => ({ mean: channelMeans(features, shares) }),
  moments: (features, frame, shares) => ({
    mean: channelMeans(features, shares),
    second: secondMoment(features, frame.mean as Tensor, shares),
  }),
  kept: ({ mean, second }, frame) => ({
    mean: mean as Tensor,
    root: root(covariance(mean as Tensor, second as Tensor, frame.mean as Tensor)),
  }),
  distance: ({ mean, second }, { mean: n, root: t }) => {
    const s = covariance(mean as Tensor, second as Tensor, n as Tensor);
    const common = traceOfRoot(matmul(matmul(t as Tensor, s), t as Tensor));
    const variance = sumSquares(t as Tensor);
    const moved = sumSquares(sub(mean as Tensor, n as Tensor));
    const distance = add(moved, sub(add(trace(s), variance), scale(common, 2)));
    return div(distance, add(sumSquares(n as Tensor), variance));
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
