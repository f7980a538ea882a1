import type { Products } from './history.ts';

/**
 * The product of the estimated inverse Hessian and the negative gradient, as a factor for each row of the history. The
 * two loops of the textbook need the vectors' inner products only (Chen, Wang & Zhou 2014, *Large-scale L-BFGS using
 * MapReduce*).
 *
 * @param product of any two rows, as `History.write` returns them
 * @param slots the places in use, the oldest step first
 * @param places of which there are so many
 */
export function twoLoop(product: Products, slots: readonly number[], places: number): Float32Array {
  const rows = 2 * places + 1;
  const factors = new Float32Array(rows);
  const along = (row: number) => factors.reduce((sum, f, i) => sum + f * product(row, i), 0);
  const curvature = (slot: number) => product(slot, places + slot);

  factors[rows - 1] = -1;
  const alphas = new Map<number, number>();
  for (const slot of slots.toReversed()) {
    const alpha = along(slot) / curvature(slot);
    alphas.set(slot, alpha);
    factors[places + slot] = -alpha;
  }
  const newest = slots.at(-1);
  if (newest === undefined) return factors;
  const scale = curvature(newest) / product(places + newest, places + newest);
  factors.forEach((factor, row) => {
    factors[row] = scale * factor;
  });
  for (const slot of slots) {
    factors[slot] = (alphas.get(slot) as number) - along(places + slot) / curvature(slot);
  }
  return factors;
}
