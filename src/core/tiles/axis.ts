/** What the maps that are computed of an axis depend on. */
export interface Reach {
  /** Positions of the axis per position of what is computed. */
  readonly stride: number;
  /** How many positions further out than its own a position of what is computed looks, on either side. */
  readonly reach: number;
}

/** A part of an axis, and what of it is computed exactly and counts: together the counted parts are the axis. */
export interface Window {
  /** Where it begins: a multiple of the stride. */
  readonly start: number;
  /** The part that counts, on the axis: multiples of the stride, but for the end of the axis. */
  readonly from: number;
  readonly to: number;
}

/** An axis covered by windows of one size, so that one compiled graph serves them all. */
export interface Cover {
  readonly size: number;
  readonly windows: readonly Window[];
}

/**
 * Covers an axis by so many windows of the smallest size that will do. They overlap by what is needed to see from within one
 * all that its counted part depends on; at the ends of the axis a window ends with it. All leave the same rest when divided by
 * the stride as the axis does, so that maps end in the last window as they do in the whole.
 *
 * @returns nothing where so many windows would be no smaller than the axis
 */
export function coverAxis(length: number, count: number, { stride, reach }: Reach): Cover | undefined {
  if (count === 1) return { size: length, windows: [{ start: 0, from: 0, to: length }] };
  const up = (x: number) => Math.ceil(x / stride) * stride;
  // Rounding to strides costs each seam up to two of them.
  const overlap = 2 * up(reach) + 2 * stride;
  const least = Math.ceil((length + (count - 1) * overlap) / count);
  const size = length - Math.floor((length - least) / stride) * stride;
  if (size >= length) return undefined;
  const last = length - size;
  const starts = Array.from(
    { length: count },
    (_, i) => Math.floor((i * last) / (count - 1) / stride) * stride,
  );
  const seams = starts.slice(1).map((start) => up(start + reach));
  const windows = starts.map((start, i) => ({ start, from: seams[i - 1] ?? 0, to: seams[i] ?? length }));
  const sound = windows.every(
    ({ start, from, to }, i) => from < to && (i === count - 1 || to + reach <= start + size),
  );
  return sound ? { size, windows } : undefined;
}
