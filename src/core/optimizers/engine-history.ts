import type { Engine } from '../engine.ts';
import { input, matmul, serialize, transpose } from '../graph/index.ts';
import { copyInto } from '../store.ts';
import type { History } from './history.ts';

/** Values of a row that are handed to the engine at a time. */
const PIECE = 1 << 20;

/**
 * A history that the engine keeps. There, sums over all rows take a quarter of the time that they take here: they are bound by
 * memory, and the engine reads it with all its threads.
 * @throws EngineError as `compile` and, in its functions, as `run`
 */
export async function engineHistory(engine: Engine, rows: number, length: number): Promise<History> {
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
      for (let at = 0; at < length; at += PIECE) {
        const written = [...replaced].map(([row, values]) => {
          const piece = new Float32Array(Math.min(PIECE, length - at));
          copyInto(piece, values, at);
          return products.write('vectors', row * length + at, piece);
        });
        await Promise.all(written);
      }
      const found = await products.run({}, ['products']);
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
