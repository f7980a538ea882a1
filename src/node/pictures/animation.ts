import sharp from 'sharp';
import type { Picture } from '../../core/picture/picture.ts';
import { resample } from '../../core/picture/resample.ts';
import { encodePicture } from './encode.ts';

/** Pixels of the longest side, at most: an animation is to be looked at, not printed. */
const LONGEST = 720;

/** One picture of an animation, encoded already, since all of them together may be large. */
export type Frame = Uint8Array;

/** The size of an animation whose last picture is so large. */
export function animationSize({ width, height }: { width: number; height: number }) {
  const ratio = Math.min(1, LONGEST / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * ratio)), height: Math.max(1, Math.round(height * ratio)) };
}

/** A picture as a frame of an animation of that size. */
export async function encodeFrame(picture: Picture, size: { width: number; height: number }): Promise<Frame> {
  return await encodePicture(resample(picture, size.width, size.height), 'png');
}

/**
 * Joins frames of one size to an animated WebP, which runs for ever.
 * @param delays milliseconds that each is shown
 */
export async function encodeAnimation(frames: readonly Frame[], delays: readonly number[]): Promise<Buffer> {
  const joined = sharp(frames as Uint8Array[], { join: { animated: true } });
  return await joined.webp({ quality: 85, delay: [...delays], loop: 0 }).toBuffer();
}
