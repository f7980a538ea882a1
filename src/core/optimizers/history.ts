import type { Floats } from '../store.ts';

/** A few long vectors, one in each row of a matrix, and sums over them. */
export interface History {
  /**
   * Replaces rows; in a new history all are zero. The arrays are handed over: they must not be changed afterwards, and are released
   * when others take their place.
   */
  write(rows: ReadonlyMap<number, Floats>): Promise<Products>;
  /** A row as it stands, which must not be changed. Whoever asks releases it. */
  read(row: number): Promise<Floats>;
  /** The sum of the rows, each times its factor. */
  combine(factors: Float32Array): Promise<Floats>;
  release(): Promise<void>;
}

/** The inner product of two rows. */
export type Products = (a: number, b: number) => number;
