import {
  add,
  constant,
  div,
  elements,
  gram,
  matmul,
  mul,
  reshape,
  scalar,
  scale,
  sqrt,
  stop,
  sub,
  sum,
  sumSquares,
  type Tensor,
  transpose,
} from '../graph/index.ts';

/**
 * How much each position of a feature map counts, `[1, positions]`, together 1. Where there is none, all count alike.
 */
export type Shares = Tensor | undefined;

/** The mean of each channel of feature maps `[1, C, H, W]`: `[C, 1]`. */
export function channelMeans(features: Tensor, shares: Shares): Tensor {
  const channels = features.shape[1] as number;
  const positions = elements(features.shape) / channels;
  const column = shares
    ? transpose(shares)
    : constant(new Float32Array(positions).fill(1 / positions), [positions, 1]);
  return matmul(reshape(features, [channels, positions]), column);
}

/** The mean of each channel's squares `[C, 1]`. */
export function channelSquares(features: Tensor, shares: Shares): Tensor {
  return channelMeans(mul(features, features), shares);
}

/**
 * The mean of the products of every two channels `[C, C]`, after what `origin` `[C, 1]` says was taken off each. Near the
 * mean, so that no difference of large numbers is left to make when maps are nearly flat.
 */
export function secondMoment(features: Tensor, origin: Tensor, shares: Shares): Tensor {
  const [, channels, height, width] = features.shape as [number, number, number, number];
  const everywhere = constant(new Float32Array(height * width).fill(1), [1, height * width]);
  const moved = sub(reshape(features, [channels, height * width]), matmul(origin, everywhere));
  return gram(reshape(moved, [1, channels, height, width]), shares);
}

/**
 * The covariance of the channels `[C, C]`, with a little variance in every direction: some of the mean variance, next to nothing
 * of the mean's own size, for pictures that have no variance at all, and more than rounding makes of its distance from `origin`:
 * where maps are flat, nothing but rounding is left of the difference, and a covariance must not be negative in any direction.
 *
 * @param means `[C, 1]`
 * @param second the second moment around `origin`
 */
export function covariance(means: Tensor, second: Tensor, origin: Tensor): Tensor {
  const channels = second.shape[0] as number;
  const off = sub(means, origin);
  const matrix = sub(second, matmul(off, transpose(off)));
  const least = add(
    scale(trace(matrix), LEAST_VARIANCE / channels),
    add(scale(sumSquares(means), LEAST_OF_MEAN / channels), scale(sumSquares(off), ROUNDING)),
  );
  return add(matrix, mul(identityOf(channels), aboveZero(least)));
}

/** The share of the mean variance that is added in every direction. */
const LEAST_VARIANCE = 1e-3;
/** The same of the mean's squared size. */
const LEAST_OF_MEAN = 1e-5;
/** What rounding may make of a sum over a million positions, by the sum. */
const ROUNDING = 1e-5;
/** Each step of the iteration brings small eigenvalues up by 9/4: enough for a ten-thousandth of the largest. */
const STEPS = 14;

/** The sum of a matrix' diagonal. */
export function trace(matrix: Tensor): Tensor {
  return sum(mul(matrix, identityOf(matrix.shape[0] as number)));
}

/** The square root of a symmetric positive matrix. Has no gradient. */
export function root(matrix: Tensor): Tensor {
  return roots(stop(matrix)).root;
}

/**
 * The trace of the square root of a symmetric positive matrix. Its gradient is half the inverse root, which the iteration
 * gives as well: there is no need to go back through its steps.
 */
export function traceOfRoot(matrix: Tensor): Tensor {
  const { root, inverse } = roots(stop(matrix));
  const linear = sum(mul(matrix, stop(inverse)));
  return add(scale(linear, 0.5), stop(sub(trace(root), scale(linear, 0.5))));
}

/**
 * Square root and inverse square root by the coupled Newton-Schulz iteration (Higham 2008, *Functions of matrices*, section
 * 6.3), which is made of products alone.
 */
function roots(matrix: Tensor): { root: Tensor; inverse: Tensor } {
  const identity = identityOf(matrix.shape[0] as number);
  const norm = sqrt(sumSquares(matrix));
  let y = div(matrix, norm);
  let z = identity;
  for (let step = 0; step < STEPS; step++) {
    const t = scale(sub(scale(identity, 3), matmul(z, y)), 0.5);
    y = matmul(y, t);
    z = matmul(t, z);
  }
  return { root: mul(y, sqrt(norm)), inverse: div(z, sqrt(norm)) };
}

function identityOf(size: number): Tensor {
  const values = new Float32Array(size * size);
  for (let i = 0; i < size; i++) values[i * size + i] = 1;
  return constant(values, [size, size]);
}

/** Where a value may be zero, so small a number beside it changes nothing else. */
export function aboveZero(x: Tensor): Tensor {
  return add(x, scalar(1e-8));
}
