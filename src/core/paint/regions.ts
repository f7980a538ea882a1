import { UserError } from '../errors.ts';
import type { Picture, Size } from '../picture/picture.ts';
import {
  type FlatColor,
  greyPlane,
  nearestColor,
  type Plane,
  regionsOf,
  resized,
  softened,
} from '../picture/regions.ts';

/**
 * Pictures in flat colours that say which part of the content is painted in which part of which style. A region of the
 * content takes the regions of styles that have its colour, and the styles without regions where there is none.
 */
export interface RegionMasks {
  readonly content: Picture;
  /** For each style a mask, or the colour of the region that all of it is for; nothing for a style that has no regions. */
  readonly styles: readonly (Picture | FlatColor | undefined)[];
}

/** A part of the content that is painted in the same style. */
export interface Region {
  readonly plane: Plane;
  /** How much of the content it is. */
  readonly part: number;
  readonly sources: readonly StyleSource[];
}

/** A style, or a part of one. */
export interface StyleSource {
  /** Which of the styles. */
  readonly style: number;
  /** How much it counts for its region; together 1. */
  readonly part: number;
  /** Which part of it; all of it where there is none. */
  readonly plane?: Plane;
}

/** What is painted where. */
export interface Guide {
  readonly regions: readonly Region[];
  /** Where the content is painted at all; everywhere if there is none. The rest is left as it was. */
  readonly painted?: Plane;
}

/** Everything in all styles. */
export function everywhere(parts: readonly number[]): Guide {
  const plane = { width: 1, height: 1, data: Float32Array.of(1) };
  return { regions: [{ plane, part: 1, sources: parts.map((part, style) => ({ style, part })) }] };
}

/**
 * Works out what is painted where.
 *
 * With a mask for the content alone, which is black, white or grey, white is painted and black is left. With masks for styles
 * colours pair up; a colour that no style has is painted in the styles without masks, and left as it was if there are none.
 *
 * @param parts how much each style counts
 * @throws UserError when a mask has shades, or the two sides have no colour in common
 */
export function guideBy(masks: RegionMasks, parts: readonly number[]): Guide {
  const ofContent = "The content's mask";
  if (masks.styles.every((mask) => mask === undefined)) {
    const painted = greyPlane(masks.content, ofContent);
    const part = share(painted);
    if (part === 0) throw new UserError(`${ofContent} is all black, which leaves nothing to paint.`);
    return {
      regions: [{ plane: painted, part, sources: everywhere(parts).regions[0]?.sources ?? [] }],
      painted,
    };
  }
  const content = regionsOf(masks.content, ofContent);
  const styles = masks.styles.map((mask, i) => styleRegions(mask, i, [...content.keys()]));
  const regions = [...content].flatMap(([color, plane]) => {
    const sources = sourcesOf(color, styles, parts);
    return sources.length > 0 ? [{ plane, part: share(plane), sources }] : [];
  });
  if (regions.length === 0) {
    const names = (colors: Iterable<FlatColor>) => [...colors].join(', ');
    const found = styles.flatMap((style) => [...(style?.keys() ?? [])]);
    throw new UserError(
      `The regions have no colour in common: the content has ${names(content.keys())}, and the style ${names(new Set(found))}.`,
    );
  }
  const complete = regions.length === content.size;
  return complete ? { regions } : { regions, painted: union(regions.map(({ plane }) => plane)) };
}

/** The regions of a style by the content's names of their colours; nothing if it has no regions. */
function styleRegions(
  mask: Picture | FlatColor | undefined,
  index: number,
  colors: readonly FlatColor[],
): Map<FlatColor, Plane | undefined> | undefined {
  if (mask === undefined) return undefined;
  if (typeof mask === 'string') return new Map([[nearestColor(mask, colors) ?? mask, undefined]]);
  const found = regionsOf(mask, `The mask of style ${index + 1}`);
  return new Map([...found].map(([color, plane]) => [nearestColor(color, colors) ?? color, plane]));
}

function sourcesOf(
  color: FlatColor,
  styles: readonly (ReadonlyMap<FlatColor, Plane | undefined> | undefined)[],
  parts: readonly number[],
): StyleSource[] {
  const every = styles.map((regions, style) => ({ regions, style, part: parts[style] as number }));
  const paired = every.filter(({ regions }) => regions?.has(color));
  const chosen = paired.length > 0 ? paired : every.filter(({ regions }) => !regions);
  const counting = chosen.filter(({ part }) => part > 0);
  const sum = counting.reduce((total, { part }) => total + part, 0);
  return counting.map(({ regions, style, part }) => {
    const plane = regions?.get(color);
    return { style, part: part / sum, ...(plane && { plane }) };
  });
}

/**
 * How much each position of a feature map counts for a region: `[1, h w]`, together 1; all zero where nothing of the region is
 * left at that size.
 */
export function sharesOf(plane: Plane, { width, height }: Size): Float32Array {
  const { data } = resized(plane, width, height);
  const sum = data.reduce((total, value) => total + value, 0);
  return sum < 1e-3 ? new Float32Array(data.length) : data.map((value) => value / sum);
}

/** The share of a picture's longest side over which regions pass into each other. */
const SOFTNESS = 0.008;

/** A region at the size of a scale, with soft edges. */
export function softRegion(plane: Plane, { width, height }: Size): Plane {
  return softened(plane, width, height, SOFTNESS * Math.max(width, height));
}

/** Where to paint at the size of a scale: nowhere beyond an edge, and softly before it. */
export function softPainted(plane: Plane, size: Size): Plane {
  const sharp = resized(plane, size.width, size.height);
  const anywhere = { ...plane, data: plane.data.map((value) => (value > 0 ? 1 : 0)) };
  const soft = softRegion(anywhere, size);
  return {
    ...sharp,
    data: sharp.data.map((value, i) => value * Math.max(2 * (soft.data[i] as number) - 1, 0)),
  };
}

/** A picture where it is painted, and another of the same size where it is left. */
export function paintedOver(picture: Picture, below: Picture, { data: painted }: Plane): Picture {
  const area = painted.length;
  const data = picture.data.map((value, i) => {
    const from = below.data[i] as number;
    return from + (painted[i % area] as number) * (value - from);
  });
  return { ...picture, data };
}

function union(planes: readonly Plane[]): Plane {
  const [first] = planes as [Plane];
  const data = first.data.map((_, i) => planes.reduce((sum, { data }) => sum + (data[i] as number), 0));
  return { ...first, data };
}

function share({ data }: Plane): number {
  return data.reduce((sum, value) => sum + value, 0) / data.length;
}
