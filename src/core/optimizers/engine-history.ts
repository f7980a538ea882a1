import { type Engine, openTogether } from '../engine.ts';
import { input, matmul, rowsAt, serialize, transpose } from '../graph/index.ts';
import { copyInto } from '../store.ts';
import type { History } from './history.ts';

/** Values of a row that are handed to the engine at a time. */
const PIECE = 1 << 20;
/** Rows whose products are computed at a time: those that a step of L-BFGS replaces. */
const FRESH = 3;

/**
 * A history that the engine keeps. There, sums over all rows take a quarter of the time that they take here: they are bound by
 * memory, and the engine reads it with all its threads.
 * @throws EngineError as `compile` and, in its functions, as `run`
 */
export async function engineHistory(engine: Engine, rows: number, length: number): Promise<History> {
  const vectors = input('vectors', [rows, length]);
  const fresh = rowsAt(vectors, input('fresh', [FRESH]));
  const combined = matmul(input('factors', [1, rows]), vectors);
  // Two programs, since the engine computes all outputs of one whichever are asked for.
  const { products, sum, release } = await openTogether(async ({ keep, release }) => {
    const products = keep(await engine.compile(serialize({ products: matmul(vectors, transpose(fresh)) })));
    const { inputs } = products;
    return { products, sum: keep(await engine.compile(serialize({ sum: combined }), { inputs })), release };
  });
  const matrix = new Float32Array(rows * rows);

  /**
   * The products of these rows with all, two by two and always with the last: a step's two, and the gradient. Of two rows it is the
   * product of the later one with the earlier one that is kept. With many threads it differs in the last bit by which of them is in
   * which column; rows that are written again in the order in which they came have the same products again.
   */
  async function multiply(replaced: readonly number[]): Promise<void> {
    const last = replaced.length - 1;
    for (let first = 0; first === 0 || first < last; first += FRESH - 1) {
      const chosen = [first, first + 1, last].map((i) => replaced[Math.min(i, last)] as number);
      const numbers = Float32Array.from(chosen);
      const { products: found } = (await products.run({ fresh: numbers }, ['products'])) as {
        products: Float32Array;
      };
      for (const [i, row] of numbers.entries()) {
        for (let other = 0; other < rows; other++) {
          const product = found[other * FRESH + i] as number;
          matrix[row * rows + other] = product;
          matrix[other * rows + row] = product;
        }
      }
    }
  }

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
      await multiply([...replaced.keys()]);
      const now = matrix.slice();
      return (a, b) => now[a * rows + b] as number;
    },
    async combine(factors) {
      const found = await sum.run({ factors }, ['sum']);
      return found.sum as Float32Array;
    },
    read: (row) => products.read('vectors', row * length, length),
    release,
  };
}
