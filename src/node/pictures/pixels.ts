import { UserError } from '../../core/errors.ts';
import type { Picture } from '../../core/picture/picture.ts';

/**
 * Checks a picture that a program gives as pixels.
 * @throws UserError when they are not as many as its size says, or no values of colours
 */
export function checkPixels({ width, height, data, alpha }: Picture, name: string): void {
  if (![width, height].every((side) => Number.isInteger(side) && side > 0)) {
    throw new UserError(`${name} must have a width and a height in whole pixels, not ${width} x ${height}.`);
  }
  const sized = (values: unknown, length: number) =>
    values instanceof Float32Array && values.length === length;
  if (!sized(data, 3 * width * height) || (alpha !== undefined && !sized(alpha, width * height))) {
    throw new UserError(
      `${name} must have as data a Float32Array of 3 x ${height} x ${width} values, and as alpha, if any, one of ${height} x ${width}.`,
    );
  }
  checkRange(data, name);
  if (alpha) checkRange(alpha, name);
}

/** Pictures may go a little beyond [0,1], as resampling makes them; what goes far was meant otherwise. */
function checkRange(values: Float32Array, name: string): void {
  let [lowest, highest] = [0, 1];
  for (const value of values) {
    if (!Number.isFinite(value)) throw new UserError(`${name} holds values that are not finite numbers.`);
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
  }
  if (lowest >= -1 && highest <= 2) return;
  throw new UserError(
    `${name} holds values from ${lowest} to ${highest}, where 0 is black and 1 is white; divide them, as by 255.`,
  );
}
