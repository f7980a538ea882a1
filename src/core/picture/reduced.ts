import { view } from '../store.ts';
import type { LargePicture, Picture } from './picture.ts';

/**
 * A picture made smaller by a whole number, so that no side is longer than that: each pixel is the mean of a square. It is read row by
 * row, and never in memory as a whole. What is left over at the right and at the bottom is left out.
 */
export function reduced({ width, height, data, alpha }: LargePicture, longest: number): Picture {
  const side = Math.min(Math.ceil(Math.max(width, height) / longest), width, height);
  const size = { width: Math.floor(width / side), height: Math.floor(height / side) };
  const plane = (values: LargePicture['data'], which: number) => {
    const result = new Float32Array(size.width * size.height);
    for (let y = 0; y < size.height * side; y++) {
      const row = view(values, (which * height + y) * width, width);
      const to = Math.floor(y / side) * size.width;
      for (let x = 0; x < size.width * side; x++) {
        const i = to + Math.floor(x / side);
        result[i] = (result[i] as number) + (row[x] as number) / (side * side);
      }
    }
    return result;
  };
  const colours = new Float32Array(3 * size.width * size.height);
  for (let c = 0; c < 3; c++) colours.set(plane(data, c), c * size.width * size.height);
  return alpha ? { ...size, data: colours, alpha: plane(alpha, 0) } : { ...size, data: colours };
}
