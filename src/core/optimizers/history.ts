import type { Engine, Part } from '../engine.ts';
import { input, matmul, serialize, transpose } from '../graph/index.ts';

/**
 * A few long vectors, one in each row of a matrix that the engine keeps. There, sums over all of them take a quarter of
 * the time that they take here: they are bound by memory, and the engine reads it with all its threads.
 */
export interface History {
  /** Replaces rows; in a new history all are zero. */
  write(rows: ReadonlyMap<number, Float32Array>): Promise<Products>;
  /** A row as it stands. */
  read(row: number): Promise<Float32Array>;
  /** The sum of the rows, each times its factor. */
  combine(factors: Float32Array): Promise<Float32Array>;
  release(): Promise<void>;
}

/** The inner product of two rows. */
export type Products = (a: number, b: number) => number;

/** @throws EngineError as `compile` and, in its functions, as `run` */
export async function createHistory(engine: Engine, rows: number, length: number): Promise<History> {
  const vectors = input('vectors', [rows, length]);
  // Two programs, since the engine computes all outputs of one whichever are asked for.
  const products = await engine.compile(serialize({ products: matmul(vectors, transpose(vectors)) }));
  const { inputs } = products;
  const combined = matmul(input('factors', [1, rows]), vectors);
  const sum = await engine.compile(serialize({ sum: combined }), { inputs }).catch(async (error: unknown) => {
    await products.release();
    throw error;
  });
  return {
    async write(replaced) {
      const parts = [...replaced].map(([row, values]): Part => ({ at: row * length, values }));
      const found = await products.run({ vectors: parts }, ['products']);
      const matrix = found.products as Float32Array;
      return (a, b) => matrix[a * rows + b] as number;
    },
    async combine(factors) {
      const found = await sum.run({ factors }, ['sum']);
      return found.sum as Float32Array;
    },
    read: (row) => products.read('vectors', row * length, length),
    async release() {
      await products.release();
      await sum.release();
    },
  };
}
