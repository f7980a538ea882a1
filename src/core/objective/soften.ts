import { constant, conv2d, type Edges, padEdges, type Tensor } from '../graph/index.ts';

/** The filter (1, 4, 6, 4, 1)/16: a blur with a standard deviation of one pixel. */
const FILTER = [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16];
/** How far it looks, in pixels. */
export const SOFTEN_REACH = 2;

/**
 * Blurs the colour of a change to a picture, and leaves its brightness. The objective hardly sees how colour varies
 * between neighbouring pixels, and the optimiser fills that blind spot with coloured grain; a picture that is only
 * ever changed through this filter keeps its edges and stays clean, since eyes see colour coarsely too.
 *
 * @param change `[1, 3, H, W]`
 */
export function soften(change: Tensor, edges: Edges): Tensor {
  return softenInside(padEdges(change, SOFTEN_REACH, edges));
}

/** The same where it sees enough: the result is smaller by `SOFTEN_REACH` pixels at each edge. */
export function softenInside(change: Tensor): Tensor {
  return conv2d(change, kernel);
}

/** Brightness is the mean of the channels and colour what each departs from it: one convolution treats both. */
const kernel = (() => {
  const size = FILTER.length;
  const weights = new Float32Array(9 * size * size);
  let at = 0;
  for (let to = 0; to < 3; to++) {
    for (let from = 0; from < 3; from++) {
      for (const [y, down] of FILTER.entries()) {
        for (const [x, across] of FILTER.entries()) {
          const sharp = x === SOFTEN_REACH && y === SOFTEN_REACH ? 1 : 0;
          const blurred = down * across;
          weights[at++] = sharp / 3 + (to === from ? blurred : 0) - blurred / 3;
        }
      }
    }
  }
  return constant(weights, [3, 3, size, size]);
})();
