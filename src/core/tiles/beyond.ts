import type { Edges } from '../graph/index.ts';
import type { Size } from '../picture/picture.ts';
import { type Floats, update, view } from '../store.ts';
import { copyPart } from '../vector.ts';

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
  const { first, length, runs } = spanOf(columns);
  const result = new Float32Array(channels * columns.length * rows.length);
  let at = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (const row of rows) {
      const line = view(data, (channel * height + row) * width + first, length);
      for (const { place, begin, count } of runs) copyPart(result, at + place, line, begin, count);
      at += columns.length;
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
  const { first, length, runs } = spanOf(columns);
  let at = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (const row of rows) {
      const from = at;
      update(data, (channel * height + row) * width + first, length, (line) => {
        for (const { place, begin, count } of runs) {
          for (let i = 0; i < count; i++) {
            line[begin + i] = (line[begin + i] as number) + (values[from + place + i] as number);
          }
        }
      });
      at += columns.length;
    }
  }
}

/** Places on an axis that follow each other there. */
interface Run {
  /** Which of the places is the first. */
  readonly place: number;
  /** Where it is, from the first of all on the axis. */
  readonly begin: number;
  count: number;
}

/** The part of an axis in which places lie: all but those in a mirror follow each other. */
function spanOf(places: Int32Array): {
  readonly first: number;
  readonly length: number;
  readonly runs: readonly Run[];
} {
  const first = places.reduce((a, b) => Math.min(a, b));
  const runs: Run[] = [];
  for (const [place, at] of places.entries()) {
    const last = runs.at(-1);
    if (last && at - first === last.begin + last.count) last.count++;
    else runs.push({ place, begin: at - first, count: 1 });
  }
  return { first, length: places.reduce((a, b) => Math.max(a, b)) - first + 1, runs };
}
