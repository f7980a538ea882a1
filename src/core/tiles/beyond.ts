import type { Edges } from '../graph/index.ts';
import type { Size } from '../picture/picture.ts';
import { type Floats, update, view } from '../store.ts';

/**
 * For places in a row that may lie beyond the ends of an axis, the places on the axis that are seen there: its mirror image, the
 * outermost included, or its other side. As `padEdges` continues maps, any number of times over.
 */
export function seenAt(length: number, from: number, count: number, edges: Edges): Int32Array {
  const period = edges === 'wrap' ? length : 2 * length;
  return Int32Array.from({ length: count }, (_, i) => {
    const place = (((from + i) % period) + period) % period;
    return place < length ? place : period - 1 - place;
  });
}

/** What is seen of planes `[channels, height, width]` at rows and columns as `seenAt` gives them. */
export function look(
  data: Floats,
  { width, height }: Size,
  columns: Int32Array,
  rows: Int32Array,
): Float32Array {
  const channels = data.length / (width * height);
  const { first, length } = spanOf(columns);
  const result = new Float32Array(channels * columns.length * rows.length);
  let at = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (const row of rows) {
      const line = view(data, (channel * height + row) * width + first, length);
      for (const column of columns) result[at++] = line[column - first] as number;
    }
  }
  return result;
}

/** The adjoint of `look`: adds values to where they were seen. */
export function addSeen(
  data: Floats,
  { width, height }: Size,
  columns: Int32Array,
  rows: Int32Array,
  values: Float32Array,
): void {
  const channels = data.length / (width * height);
  const { first, length } = spanOf(columns);
  let at = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (const row of rows) {
      update(data, (channel * height + row) * width + first, length, (line) => {
        for (const column of columns) {
          line[column - first] = (line[column - first] as number) + (values[at++] as number);
        }
      });
    }
  }
}

/** The part of an axis in which places lie. */
function spanOf(places: Int32Array): { readonly first: number; readonly length: number } {
  const first = places.reduce((a, b) => Math.min(a, b));
  return { first, length: places.reduce((a, b) => Math.max(a, b)) - first + 1 };
}
