import { random } from '../picture/noise.ts';
import type { Picture, Size } from '../picture/picture.ts';
import { resample } from '../picture/resample.ts';

/** The size with the given longest side and the proportions of the picture. */
export function fit({ width, height }: Size, longest: number): Size {
  const ratio = longest / Math.max(width, height);
  return { width: Math.max(1, Math.round(width * ratio)), height: Math.max(1, Math.round(height * ratio)) };
}

/** The picture with the given longest side. */
export function resampleTo(picture: Picture, longest: number): Picture {
  const { width, height } = fit(picture, longest);
  return resample(picture, width, height);
}

/** The middle of a picture, enlarged or reduced to fill the size. */
export function cover(picture: Picture, { width, height }: Size): Picture {
  const ratio = Math.max(width / picture.width, height / picture.height);
  const across = Math.max(width, Math.round(picture.width * ratio));
  const down = Math.max(height, Math.round(picture.height * ratio));
  const { data } = resample(picture, across, down);
  const left = Math.floor((across - width) / 2);
  const top = Math.floor((down - height) / 2);
  const result = new Float32Array(3 * width * height);
  for (let plane = 0; plane < 3; plane++) {
    for (let y = 0; y < height; y++) {
      const from = (plane * down + top + y) * across + left;
      result.set(data.subarray(from, from + width), (plane * height + y) * width);
    }
  }
  return { width, height, data: result };
}

/** Grey with even noise of the whole range, the same for the same seed. */
export function noise({ width, height }: Size, seed: number): Picture {
  const next = random(seed);
  return { width, height, data: Float32Array.from({ length: 3 * width * height }, next) };
}
