import { type Floats, release, type Store, shared, update, view, zeros } from '../store.ts';
import { addTerms, dot, type Term } from '../vector.ts';
import type { History } from './history.ts';

/** Values that are worked through at a time: a few rows of so many find room in a processor's cache. */
const BLOCK = 1 << 16;

/**
 * A history whose rows stay where they are, in memory or in a store: what it takes is theirs, and a block of each.
 * @param store where sums of rows are put; in memory when left out
 */
export function plainHistory(rows: number, length: number, store?: Store): History {
  const held: (Floats | undefined)[] = Array.from({ length: rows });
  const products = new Float64Array(rows * rows);

  function* blocks(): Generator<{ readonly at: number; readonly count: number }> {
    for (let at = 0; at < length; at += BLOCK) yield { at, count: Math.min(BLOCK, length - at) };
  }

  /** Products of these rows with all. Each is the same whichever rows are asked for, and so the same after a restart. */
  function multiply(replaced: readonly number[]): void {
    for (const row of replaced) {
      for (let other = 0; other < rows; other++) {
        products[row * rows + other] = 0;
        products[other * rows + row] = 0;
      }
    }
    for (const { at, count } of blocks()) {
      const fresh = new Map(replaced.map((row) => [row, view(held[row] as Floats, at, count)]));
      for (const [other, values] of held.entries()) {
        if (!values) continue;
        const block = fresh.get(other) ?? view(values, at, count);
        for (const [row, own] of fresh) {
          if (fresh.has(other) && other < row) continue;
          const product = dot(own, block);
          products[row * rows + other] = (products[row * rows + other] as number) + product;
          if (other !== row) products[other * rows + row] = products[row * rows + other] as number;
        }
      }
    }
  }

  return {
    async write(replaced) {
      for (const [row, values] of replaced) {
        const before = held[row];
        if (before) release(before);
        held[row] = values;
      }
      multiply([...replaced.keys()]);
      const now = products.slice();
      return (a, b) => now[a * rows + b] as number;
    },
    async combine(factors) {
      const sum = zeros(length, store);
      for (const { at, count } of blocks()) {
        const terms = [...held.entries()].flatMap(([row, values]): Term[] => {
          const factor = factors[row] as number;
          return values && factor !== 0 ? [{ factor, values: view(values, at, count) }] : [];
        });
        update(sum, at, count, (part) => addTerms(part, terms));
      }
      return sum;
    },
    async read(row) {
      const values = held[row];
      return values ? shared(values) : zeros(length, store);
    },
    async release() {
      for (const values of held) if (values) release(values);
    },
  };
}
