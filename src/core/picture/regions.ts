import { UserError } from '../errors.ts';
import { luminance } from './color.ts';
import type { Picture } from './picture.ts';
import { resamplePlanes } from './resample.ts';

/** How much each pixel of a picture belongs to something: `[height, width]` in [0,1]. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** A flat colour, `#rrggbb`. */
export type FlatColor = string;

/** Colours nearer to each other than this, of a diagonal of 1.7, are one: what compression and smoothing make of one. */
const NEAR = 0.25;
/** A colour that covers less than this share of the picture is an edge between others. */
const LEAST_SHARE = 0.002;
const MOST_REGIONS = 16;

type Rgb = readonly [number, number, number];

/**
 * The regions of a picture that was painted in a few flat colours. Each pixel belongs to the colour that it is nearest to.
 * @param name what to call the picture in messages
 * @returns a plane of ones and zeros for each colour, the largest first
 * @throws UserError when it has too many colours to be such a picture
 */
export function regionsOf(mask: Picture, name: string): Map<FlatColor, Plane> {
  const { width, height, data } = mask;
  const area = width * height;
  const at = (i: number): Rgb => [data[i], data[area + i], data[2 * area + i]] as unknown as Rgb;
  const colors = flatColors(area, at);
  // Of many shades none covers much.
  if (colors.length === 0 || colors.length > MOST_REGIONS) {
    throw new UserError(
      `${name} has more than ${MOST_REGIONS} colours; paint each region in one flat colour, without shades.`,
    );
  }
  const planes = colors.map(() => new Float32Array(area));
  for (let i = 0; i < area; i++) {
    const color = at(i);
    let [nearest, least] = [0, Number.POSITIVE_INFINITY];
    for (let k = 0; k < colors.length; k++) {
      const far = distance(color, colors[k] as Rgb);
      if (far < least) [nearest, least] = [k, far];
    }
    (planes[nearest] as Float32Array)[i] = 1;
  }
  return new Map(colors.map((color, i) => [hex(color), { width, height, data: planes[i] as Float32Array }]));
}

/** The colours that many pixels have, the most frequent first, none near another. */
function flatColors(area: number, at: (i: number) => Rgb): Rgb[] {
  const counts = new Map<number, { readonly color: Rgb; count: number }>();
  for (let i = 0; i < area; i++) {
    const color = at(i);
    const bin = color.reduce((sum, value) => 32 * sum + Math.round(value * 31), 0);
    const found = counts.get(bin);
    if (found) found.count++;
    else counts.set(bin, { color, count: 1 });
  }
  const flat: Rgb[] = [];
  for (const { color, count } of [...counts.values()].sort((a, b) => b.count - a.count)) {
    if (count < LEAST_SHARE * area) break;
    if (flat.every((other) => distance(color, other) > NEAR)) flat.push(color);
  }
  return flat;
}

/**
 * A plane of a picture in black, white and greys: how bright it is.
 * @throws UserError when the picture has colours
 */
export function greyPlane(mask: Picture, name: string): Plane {
  const { width, height, data } = mask;
  const area = width * height;
  for (let i = 0; i < area; i++) {
    const values = [data[i], data[area + i], data[2 * area + i]] as number[];
    if (Math.max(...values) - Math.min(...values) > NEAR) {
      throw new UserError(
        `${name} has colours, and nothing says which style they are for: name the regions of the styles, or paint it in white, where to paint, and black.`,
      );
    }
  }
  return { width, height, data: luminance(mask) };
}

/**
 * The one of the colours that a colour means, or nothing if it is near none.
 */
export function nearestColor(color: FlatColor, among: Iterable<FlatColor>): FlatColor | undefined {
  let nearest: FlatColor | undefined;
  let least = NEAR;
  for (const other of among) {
    const far = distance(rgb(color), rgb(other));
    if (far <= least) [nearest, least] = [other, far];
  }
  return nearest;
}

/** The plane at another size, its edges softened by a Gaussian filter of that standard deviation in pixels. */
export function softened(plane: Plane, width: number, height: number, deviation: number): Plane {
  const { data } = resized(plane, width, height);
  return { width, height, data: blur(data, width, height, deviation) };
}

/** The plane at another size. */
export function resized(plane: Plane, width: number, height: number): Plane {
  if (plane.width === width && plane.height === height) return plane;
  const data = resamplePlanes(plane.data, plane.width, plane.height, width, height);
  return { width, height, data: data.map((value) => Math.min(Math.max(value, 0), 1)) };
}

function blur(data: Float32Array, width: number, height: number, deviation: number): Float32Array {
  const reach = Math.ceil(2.5 * deviation);
  if (reach === 0) return data;
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-0.5 * ((i - reach) / deviation) ** 2),
  );
  const across = filtered(data, width, height, 1, width, weights);
  return filtered(across, height, width, width, 1, weights);
}

/** Filters along one axis, whose values are `step` apart; beyond its ends it goes on with the outermost value. */
function filtered(
  data: Float32Array,
  length: number,
  lines: number,
  step: number,
  lineStep: number,
  weights: readonly number[],
): Float32Array {
  const sum = weights.reduce((a, b) => a + b, 0);
  const reach = (weights.length - 1) / 2;
  const result = new Float32Array(data.length);
  for (let line = 0; line < lines; line++) {
    for (let i = 0; i < length; i++) {
      let value = 0;
      for (let k = -reach; k <= reach; k++) {
        const from = Math.min(Math.max(i + k, 0), length - 1);
        value += (weights[k + reach] as number) * (data[line * lineStep + from * step] as number);
      }
      result[line * lineStep + i * step] = value / sum;
    }
  }
  return result;
}

function distance(a: Rgb, b: Rgb): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

function hex(color: Rgb): FlatColor {
  return `#${color
    .map((value) =>
      Math.round(value * 255)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}

function rgb(color: FlatColor): Rgb {
  return [1, 3, 5].map((i) => Number.parseInt(color.slice(i, i + 2), 16) / 255) as unknown as Rgb;
}
