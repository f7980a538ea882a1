import type { Size } from '../picture/picture.ts';
import { copyInto, type Floats, loaded, put, type Store, update, view, zeros } from '../store.ts';

/** Planes of values of one size, `[channels, height, width]`: a picture, or a feature map that is kept whole. */
export interface Grid extends Size {
  readonly channels: number;
  readonly data: Floats;
}

/** In memory where there is no store. */
export function emptyGrid(channels: number, { width, height }: Size, store?: Store): Grid {
  return { channels, width, height, data: zeros(channels * width * height, store) };
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

/** The values of a rectangle that lies within the grid: a copy, or the grid's own where it is all of it. */
export function cut({ channels, width, height, data }: Grid, at: Rectangle): Float32Array {
  if (at.width === width && at.height === height) return loaded(data);
  const result = new Float32Array(channels * at.width * at.height);
  // Whole rows lie one after the other.
  const rows = at.width === width ? at.height : 1;
  const length = rows * at.width;
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < at.height; row += rows) {
      const to = (channel * at.height + row) * at.width;
      const from = (channel * height + at.y + row) * width + at.x;
      copyInto(result.subarray(to, to + length), data, from);
    }
  }
  return result;
}

/**
 * Copies the part of a rectangle's values into the grid that counts.
 * @param values of the rectangle at `at`
 * @param part lies within it
 */
export function paste(grid: Grid, values: Float32Array, at: Rectangle, part: Rectangle): void {
  const { channels, width, height, data } = grid;
  for (let channel = 0; channel < channels; channel++) {
    for (let y = part.y; y < part.y + part.height; y++) {
      const from = (channel * at.height + y - at.y) * at.width + part.x - at.x;
      put(data, (channel * height + y) * width + part.x, values.subarray(from, from + part.width));
    }
  }
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
export function squaresIn({ channels, width, height, data }: Grid, at: Rectangle): number {
  let sum = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let y = at.y; y < at.y + at.height; y++) {
      const row = view(data, (channel * height + y) * width + at.x, at.width);
      for (const value of row) sum += value * value;
    }
  }
  return sum;
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
  let from = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < at.height; row++) {
      update(grid.data, (channel * height + at.y + row) * width + at.x, at.width, (line) => {
        for (let x = 0; x < at.width; x++) line[x] = (line[x] as number) + (values[from++] as number);
      });
    }
  }
  return grid;
}
