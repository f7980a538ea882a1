/** One array of a weight file: float32 values in row-major order. */
export interface WeightTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The arrays of a network or of a weight file, by name. */
export type Weights = ReadonlyMap<string, WeightTensor>;
