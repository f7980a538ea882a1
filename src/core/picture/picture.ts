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
