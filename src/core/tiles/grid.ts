import type { Size } from '../picture/picture.ts';

/** Planes of values of one size, `[channels, height, width]`: a picture, or a feature map that is kept whole. */
export interface Grid extends Size {
  readonly channels: number;
  readonly data: Float32Array;
}

export function emptyGrid(channels: number, { width, height }: Size): Grid {
  return { channels, width, height, data: new Float32Array(channels * width * height) };
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
  if (at.width === width && at.height === height) return data;
  const result = new Float32Array(channels * at.width * at.height);
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < at.height; row++) {
      const from = (channel * height + at.y + row) * width + at.x;
      result.set(data.subarray(from, from + at.width), (channel * at.height + row) * at.width);
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
      data.set(values.subarray(from, from + part.width), (channel * height + y) * width + part.x);
    }
  }
}

/** Writes one value to a part of a grid of one channel. */
export function fill({ width, data }: Grid, part: Rectangle, value: number): void {
  for (let y = part.y; y < part.y + part.height; y++) {
    data.fill(value, y * width + part.x, y * width + part.x + part.width);
  }
}

/** A rectangle that lies within the grid, with zeros where it does not count. */
export function cutPart(grid: Grid, at: Rectangle, part: Rectangle): Float32Array {
  const result = emptyGrid(grid.channels, at);
  const inner = { ...part, x: part.x - at.x, y: part.y - at.y };
  paste(result, cut(grid, part), inner, inner);
  return result.data;
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
): Grid {
  const { channels, width, height } = whole;
  if (!sum && at.width === width && at.height === height) return { ...whole, data: values };
  const grid = sum ?? emptyGrid(channels, whole);
  const { data } = grid;
  let from = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < at.height; row++) {
      const to = (channel * height + at.y + row) * width + at.x;
      for (let x = 0; x < at.width; x++) data[to + x] = (data[to + x] as number) + (values[from++] as number);
    }
  }
  return grid;
}
