import { type Floats, loaded } from '../store.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * A picture: planar RGB in [0,1], gamma-encoded sRGB, laid out as `[3, height, width]`; `alpha` is
 * `[height, width]` in [0,1] where the picture has transparency.
 */
export interface Picture extends Size {
  readonly data: Float32Array;
  readonly alpha?: Float32Array;
}

/** A picture whose colours need not be in memory. */
export interface LargePicture extends Size {
  readonly data: Floats;
  readonly alpha?: Float32Array;
}

/** The picture itself where it is in memory, or else a copy. */
export function inMemory(picture: LargePicture): Picture {
  return { ...picture, data: loaded(picture.data) };
}
