import { elements, mismatch, operation, rank, type Tensor } from '../tensor.ts';
import { add, scale, stop } from './arithmetic.ts';
import { mulRow } from './columns.ts';
import { reshape, transpose } from './shaping.ts';

/** The product of the matrices `[m, k]` and `[k, n]`. */
export function matmul(a: Tensor, b: Tensor): Tensor {
  rank('matmul', a, 2);
  rank('matmul', b, 2);
  const [m, k] = a.shape as [number, number];
  const [bk, n] = b.shape as [number, number];
  if (k !== bk) throw mismatch('matmul', a, b);
  return operation([m, n], {
    operator: 'MatMul',
    inputs: [a, b],
    gradient: (dy) => [matmul(dy, transpose(b)), matmul(transpose(a), dy)],
  });
}

/**
 * The Gram matrix `F Fᵀ / M` of a feature map `[1, C, H, W]`, where `F` is the map as a matrix of C channels by
 * M = H W positions: `[C, C]`, how strongly each two channels respond together (Gatys, Ecker & Bethge 2015).
 *
 * @param shares `[1, M]`, how much each position counts, together 1, where they do not count alike: then it is `F diag(shares) Fᵀ`
 */
export function gram(features: Tensor, shares?: Tensor): Tensor {
  rank('gram', features, 4);
  const channels = features.shape[1] as number;
  const positions = elements(features.shape) / channels;
  const f = reshape(features, [channels, positions]);
  const weighted = (x: Tensor) => (shares ? mulRow(x, shares) : x);
  // dG + dGᵀ serves both factors, so one product passes the gradient on, at one of them.
  const left = shares ? stop(weighted(f)) : f;
  const product = operation([channels, channels], {
    operator: 'Gemm',
    inputs: [left, f],
    attributes: { transB: { int: 1 } },
    gradient: (dg) => {
      const df = weighted(matmul(add(dg, transpose(dg)), f));
      return shares ? [undefined, df] : [df, undefined];
    },
  });
  return shares ? product : scale(product, 1 / positions);
}
