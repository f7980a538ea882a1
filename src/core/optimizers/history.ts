import type { Engine, Part } from '../engine.ts';
import { input, matmul, serialize, transpose } from '../graph/index.ts';

/**
 * A few long vectors, one in each row of a matrix that the engine keeps. There, sums over all of them take a quarter of
 * the time that they take here: they are bound by memory, and the engine reads it with all its threads.
 */
export interface History {
  /** Replaces rows; in a new history all are zero. Returns the inner products of all rows, as a matrix in row-major order. */
  write(rows: ReadonlyMap<number, Float32Array>): Promise<Float32Array>;
  /** A row as it stands. */
  read(row: number): Promise<Float32Array>;
  /** The sum of the rows, each times its factor. */
  combine(factors: Float32Array): Promise<Float32Array>;
  release(): Promise<void>;
}

/** @throws EngineError as `compile` and, in its functions, as `run` */
export async function createHistory(engine: Engine, rows: number, length: number): Promise<History> {
  const vectors = input('vectors', [rows, length]);
  const products = matmul(vectors, transpose(vectors));
  const sum = matmul(input('factors', [1, rows]), vectors);
  const program = await engine.compile(serialize({ products, sum }));
  const none = new Float32Array(rows);
  return {
    async write(replaced) {
      const parts = [...replaced].map(([row, values]): Part => ({ at: row * length, values }));
      const found = await program.run({ vectors: parts, factors: none }, ['products']);
      return found.products as Float32Array;
    },
    async combine(factors) {
      const found = await program.run({ factors }, ['sum']);
      return found.sum as Float32Array;
    },
    read: (row) => program.read('vectors', row * length, length),
    release: () => program.release(),
  };
}
