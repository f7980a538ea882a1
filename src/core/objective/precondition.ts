import {
  add,
  constant,
  conv2d,
  conv2dAdjoint,
  input,
  mul,
  type Outputs,
  type Shape,
  type Tensor,
} from '../graph/index.ts';
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
 * they differ less (preconditioning; Nocedal & Wright, *Numerical Optimization*, 5.1). Any picture can still be reached. From green
 * to magenta, where networks see large forms best, the objective curves as much as along strokes: that is left as it is.
 *
 * @param change `[1, 3, H, W]`
 * @param shares what `windowShares` gives for its size: edges would lag behind without
 */
export function precondition(change: Tensor, shares: Tensor): Tensor {
  const [, , height, width] = change.shape as [number, number, number, number];
  const [bottom, right] = [height, width].map(after) as [number, number];
  const window = { stride: SPACING, padding: [BEFORE, BEFORE, bottom, right] } as const;
  const means = mul(conv2d(change, hats, undefined, window), shares);
  return add(change, conv2dAdjoint(means, blurring, { width, height }, window));
}

/** The graph of that filter for changes to pictures of a size: from `change` and `shares` to `preconditioned`. */
export function preconditionOf(size: Size): Outputs {
  const change = input('change', [1, 3, size.height, size.width]);
  return { preconditioned: precondition(change, input('shares', sharesShape(size))) };
}

/**
 * One by the part of each window that lies in the picture, for the windows of a strip of it: `sharesShape`.
 * @param strip as wide as the picture
 * @param top the row of the picture at which it begins, which may lie above the first: a multiple of `SPACING`
 * @param rows of the whole picture
 */
export function windowShares(strip: Size, top = 0, rows = strip.height): Float32Array {
  const [, channels, height, width] = sharesShape(strip) as [number, number, number, number];
  const down = sharesAlong(height, top, rows);
  const across = sharesAlong(width, 0, strip.width);
  const plane = Float32Array.from({ length: height * width }, (_, i) => {
    return (down[Math.floor(i / width)] as number) * (across[i % width] as number);
  });
  const shares = new Float32Array(channels * plane.length);
  for (let channel = 0; channel < channels; channel++) shares.set(plane, channel * plane.length);
  return shares;
}

/** `[1, 3, h, w]`, by the windows of a picture of that size. */
export function sharesShape({ width, height }: Size): Shape {
  return [1, 3, windowsAlong(height), windowsAlong(width)];
}

/** The same along one side; 0 for windows that lie beyond the picture. */
function sharesAlong(count: number, from: number, length: number): number[] {
  return Array.from({ length: count }, (_, place) => {
    const first = from + SPACING * place - BEFORE;
    const inside = hat.reduce((sum, x, i) => (first + i >= 0 && first + i < length ? sum + x : sum), 0);
    return inside > 0 ? SPACING / inside : 0;
  });
}

/** The first place lies half a window before the first pixel, the last beyond the last pixel: all are between two of them. */
const BEFORE = 2 * SPACING - SPACING / 2;

function windowsAlong(length: number): number {
  return Math.ceil((length + SPACING / 2) / SPACING) + 1;
}

function after(length: number): number {
  return (windowsAlong(length) + 1) * SPACING - BEFORE - length;
}

/** How much a window counts each of its rows, or columns. */
const hat = Array.from({ length: 2 * SPACING }, (_, i) => 1 - Math.abs(i + 0.5 - SPACING) / SPACING);

/** The direction from green to magenta, of length 1, by the channels red, green and blue. */
const GREEN_MAGENTA = [1, -2, 1].map((part) => part / Math.sqrt(6)) as [number, number, number];

/** Windows that fall off linearly from their middle, and together count each pixel once. */
const hats = windows((to, from) => (to === from ? 1 / SPACING ** 2 : 0));
/** The same, which give nothing of the one colour. */
const blurring = windows((to, from) => {
  const share = (GREEN_MAGENTA[to] as number) * (GREEN_MAGENTA[from] as number);
  return GAIN * ((to === from ? 1 : 0) - share);
});

/** Kernels `[3, 3, 2 SPACING, 2 SPACING]` in the form of those windows. @param factor of each two channels */
function windows(factor: (to: number, from: number) => number): Tensor {
  const area = hat.flatMap((down) => hat.map((across) => down * across));
  const weights = new Float32Array(9 * area.length);
  for (let pair = 0; pair < 9; pair++) {
    const times = factor(Math.floor(pair / 3), pair % 3);
    for (const [i, value] of area.entries()) weights[pair * area.length + i] = times * value;
  }
  return constant(weights, [3, 3, hat.length, hat.length]);
}
