import { add, constant, conv2d, conv2dAdjoint, input, type Outputs, type Tensor } from '../graph/index.ts';
import type { Size } from '../picture/picture.ts';

/** Pixels between the places whose surroundings are moved together. */
const SPACING = 8;
/** How far a pixel's surroundings reach with which it is moved. */
export const PRECONDITION_REACH = 2 * SPACING;
/** How much further a large form moves than a single pixel by the same gradient, less one, as a root. */
const GAIN = 3;

/**
 * Large forms made easier to move: adds to a change its own blurred copy, several times over. The objective curves ten times less
 * and more along forms of 50 pixels and up than along strokes, and a method that at first knows nothing of that takes as many steps
 * as the two differ. Where it moves through this filter instead, which is symmetric and positive, and so is a change of variables,
 * they differ less (preconditioning; Nocedal & Wright, *Numerical Optimization*, 5.1). Any picture can still be reached.
 *
 * @param change `[1, 3, H, W]`
 */
export function precondition(change: Tensor): Tensor {
  const [, , height, width] = change.shape as [number, number, number, number];
  const [bottom, right] = [height, width].map(after) as [number, number];
  const window = { stride: SPACING, padding: [BEFORE, BEFORE, bottom, right] } as const;
  const means = conv2d(change, hats, undefined, window);
  return add(change, conv2dAdjoint(means, blurring, { width, height }, window));
}

/** The graph of that filter for changes to pictures of a size: from `change` to `preconditioned`. */
export function preconditionOf({ width, height }: Size): Outputs {
  return { preconditioned: precondition(input('change', [1, 3, height, width])) };
}

/** The first place lies half a window before the first pixel, the last beyond the last pixel: all are between two of them. */
const BEFORE = 2 * SPACING - SPACING / 2;

function after(length: number): number {
  const places = Math.ceil((length + SPACING / 2) / SPACING) + 1;
  return (places + 1) * SPACING - BEFORE - length;
}

/** Windows that fall off linearly from their middle, and together count each pixel once. */
const [hats, blurring] = [1 / SPACING ** 2, GAIN].map((factor) => {
  const size = 2 * SPACING;
  const hat = Array.from({ length: size }, (_, i) => 1 - Math.abs(i + 0.5 - SPACING) / SPACING);
  const area = hat.flatMap((down) => hat.map((across) => factor * down * across));
  const weights = new Float32Array(9 * area.length);
  for (let channel = 0; channel < 3; channel++) weights.set(area, 4 * channel * area.length);
  return constant(weights, [3, 3, size, size]);
}) as [Tensor, Tensor];
