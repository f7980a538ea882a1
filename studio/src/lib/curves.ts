import type { Loss } from './contract.ts';
import type { Point } from './watch.svelte.ts';

export const TERMS = ['total', 'content', 'style', 'tv'] as const satisfies readonly (keyof Loss)[];

export interface Curves {
  /** The d of a path for each term, in a box of the given size; empty for a term that is zero throughout. */
  readonly paths: Readonly<Record<keyof Loss, string>>;
  /** Where each scale but the first begins. */
  readonly borders: readonly number[];
  /** Powers of ten on the y axis. */
  readonly ticks: readonly { readonly y: number; readonly value: number }[];
}

/**
 * Lays out losses as curves, with a logarithmic y axis.
 * @param total steps planned, for the x axis
 */
export function curvesOf(points: readonly Point[], total: number, width: number, height: number): Curves {
  const values = points
    .flatMap(({ loss }) => TERMS.map((term) => loss[term] ?? 0))
    .filter((value) => value > 0);
  const low = Math.floor(Math.log10(Math.min(...values, 1)) * 4) / 4;
  const high = Math.max(Math.ceil(Math.log10(Math.max(...values, 1e-12)) * 4) / 4, low + 0.25);
  const x = (done: number) => (width * (done - 1)) / Math.max(total - 1, 1);
  const y = (value: number) => height * (1 - (Math.log10(value) - low) / (high - low));

  function path(term: keyof Loss): string {
    let drawn = '';
    let scale: number | undefined;
    for (const { done, loss, scale: here } of points) {
      const value = loss[term];
      // On this axis there is no place for it.
      if (value === null || value <= 0) continue;
      // Losses of another scale are those of another picture: a new line.
      drawn += `${here === scale ? 'L' : 'M'}${x(done).toFixed(1)} ${y(value).toFixed(1)}`;
      scale = here;
    }
    return drawn;
  }

  const paths = { total: path('total'), content: path('content'), style: path('style'), tv: path('tv') };
  const borders = points.flatMap(({ done, scale }, i) => {
    const before = points[i - 1];
    return before && before.scale !== scale ? [x(done)] : [];
  });
  const powers = Array.from({ length: Math.floor(high) - Math.ceil(low) + 1 }, (_, i) => Math.ceil(low) + i);
  return { paths, borders, ticks: powers.map((power) => ({ y: y(10 ** power), value: 10 ** power })) };
}
