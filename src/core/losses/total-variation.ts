import { add, elements, scale, slice, sub, sumSquares, type Tensor } from '../graph/index.ts';

/**
 * The mean squared difference of vertical neighbours plus that of horizontal ones: large where a picture is noisy.
 * @param picture `[1, C, H, W]`, at least 2 by 2
 */
export function totalVariation(picture: Tensor): Tensor {
  return add(meanSquaredStep(picture, 2), meanSquaredStep(picture, 3));
}

function meanSquaredStep(x: Tensor, axis: number): Tensor {
  const size = x.shape[axis] as number;
  const steps = sub(slice(x, axis, 1, size), slice(x, axis, 0, size - 1));
  return scale(sumSquares(steps), 1 / elements(steps.shape));
}
