import type { Size } from '../picture/picture.ts';
import { type Floats, type Store, type Stored, zeros } from '../store.ts';
import { copyPart } from '../vector.ts';

/**
 * Planes of values of one size: a feature map that is kept whole. In memory they lie as `[channels, height, width]`; in
 * a store as `[height, columns, channels, COLUMN]`, so that a tile's part of a row is read at once.
 */
export interface Grid extends Size {
  readonly channels: number;
  readonly data: Floats;
}

/** The width of a column of a grid in a store. */
const COLUMN = 64;

/** In memory where there is no store. */
export function emptyGrid(channels: number, { width, height }: Size, store?: Store): Grid {
  const across = store ? COLUMN * Math.ceil(width / COLUMN) : width;
  return { channels, width, height, data: zeros(channels * across * height, store) };
}

/** A rectangle of a grid. */
export interface Rectangle extends Size {
  readonly x: number;
  readonly y: number;
}

/** What two rectangles have in common. */
export function common(a: Rectangle, b: Rectangle): Rectangle | undefined {
  const [x, y] = [Math.max(a.x, b.x), Math.max(a.y, b.y)];
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}

/**
 * Takes values of one channel that lie one after the other, in a grid and in its rectangle alike: those of `data` from `at` on. There
 * are many of them, and so they are no objects.
 * @param x where in the rectangle, as `y`
 */
type Work = (data: Float32Array, at: number, length: number, channel: number, x: number, y: number) => void;

/** Calls `work` for all values of a rectangle that lies within the grid, which it may change where `changed` says so. */
function eachRun(grid: Grid, rectangle: Rectangle, changed: boolean, work: Work): void {
  const { data } = grid;
  if (data instanceof Float32Array) eachRunInMemory({ ...grid, data }, rectangle, work);
  else eachRunInStore({ ...grid, data }, rectangle, changed, work);
}

function eachRunInMemory(
  { channels, width, height, data }: Grid & { readonly data: Float32Array },
  at: Rectangle,
  work: Work,
): void {
  // Whole rows lie one after the other.
  const rows = at.width === width ? at.height : 1;
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < at.height; y += rows) {
      const from = (channel * height + at.y + y) * width + at.x;
      work(data, from, rows * at.width, channel, 0, y);
    }
  }
}

function eachRunInStore(
  { channels, width, data }: Grid & { readonly data: Stored },
  at: Rectangle,
  changed: boolean,
  work: Work,
): void {
  const column = channels * COLUMN;
  const [first, end] = [Math.floor(at.x / COLUMN), Math.ceil((at.x + at.width) / COLUMN)];
  const line = new Float32Array(column * (end - first));
  for (let y = 0; y < at.height; y++) {
    const place = column * ((at.y + y) * Math.ceil(width / COLUMN) + first);
    data.read(place, line);
    for (let i = first; i < end; i++) {
      const from = Math.max(i * COLUMN, at.x);
      const length = Math.min((i + 1) * COLUMN, at.x + at.width) - from;
      const begin = (i - first) * column + from - i * COLUMN;
      for (let channel = 0; channel < channels; channel++) {
        work(line, begin + channel * COLUMN, length, channel, from - at.x, y);
      }
    }
    if (changed) data.write(place, line);
  }
}

/** The values of a rectangle that lies within the grid: a copy, or the grid's own where it is all of it, in memory. */
export function cut(grid: Grid, at: Rectangle): Float32Array {
  const { channels, width, height, data } = grid;
  if (data instanceof Float32Array && at.width === width && at.height === height) return data;
  const result = new Float32Array(channels * at.width * at.height);
  eachRun(grid, at, false, (data, from, length, channel, x, y) =>
    copyPart(result, (channel * at.height + y) * at.width + x, data, from, length),
  );
  return result;
}

/**
 * Copies the part of a rectangle's values into the grid that counts.
 * @param values of the rectangle at `at`
 * @param part lies within it
 */
export function paste(grid: Grid, values: Float32Array, at: Rectangle, part: Rectangle): void {
  const [left, top] = [part.x - at.x, part.y - at.y];
  eachRun(grid, part, true, (data, to, length, channel, x, y) =>
    copyPart(data, to, values, (channel * at.height + top + y) * at.width + left + x, length),
  );
}

/** Planes of one channel in memory with one value in a part of them, and zeros elsewhere. */
export function filled({ width, height }: Size, part: Rectangle | undefined, value: number): Float32Array {
  const data = new Float32Array(width * height);
  if (!part) return data;
  for (let y = part.y; y < part.y + part.height; y++) {
    data.fill(value, y * width + part.x, y * width + part.x + part.width);
  }
  return data;
}

/** A rectangle that lies within the grid, with zeros where it does not count. */
export function cutPart(grid: Grid, at: Rectangle, part: Rectangle): Float32Array {
  const data = new Float32Array(grid.channels * at.width * at.height);
  const inner = { ...part, x: part.x - at.x, y: part.y - at.y };
  paste({ ...at, channels: grid.channels, data }, cut(grid, part), inner, inner);
  return data;
}

/** The sum of the squares of a rectangle's values, which lies within the grid. */
export function squaresIn(grid: Grid, at: Rectangle): number {
  // One for each channel: the same wherever the grid lies.
  const sums = new Float64Array(grid.channels);
  eachRun(grid, at, false, (data, at, length, channel) => {
    let sum = sums[channel] as number;
    for (let i = at; i < at + length; i++) sum += (data[i] as number) ** 2;
    sums[channel] = sum;
  });
  return sums.reduce((a, b) => a + b, 0);
}

/**
 * Adds the values of a rectangle that lies within the grid.
 * @returns the sum: the grid itself, or the values where they are all of it and there is no grid yet
 */
export function addTo(
  sum: Grid | undefined,
  whole: Omit<Grid, 'data'>,
  values: Float32Array,
  at: Rectangle,
  store?: Store,
): Grid {
  const { channels, width, height } = whole;
  if (!sum && at.width === width && at.height === height) return { ...whole, data: values };
  const grid = sum ?? emptyGrid(channels, whole, store);
  eachRun(grid, at, true, (data, to, length, channel, x, y) => {
    const from = (channel * at.height + y) * at.width + x;
    for (let i = 0; i < length; i++) data[to + i] = (data[to + i] as number) + (values[from + i] as number);
  });
  return grid;
}
