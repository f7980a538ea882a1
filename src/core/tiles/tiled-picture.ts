import { tapNamed } from '../networks/index.ts';
import { regionShares } from '../objective/objective.ts';
import type { Size } from '../picture/picture.ts';
import type { Store } from '../store.ts';
import type { TileOptions } from './graphs.ts';
import { common, cutPart, filled, type Rectangle } from './grid.ts';
import {
  type Cutting,
  layTiles,
  marginOf,
  onMap,
  type Tile,
  type TiledMap,
  type TiledStage,
} from './tiling.ts';

/** A picture in tiles, and how it is looked at. */
export interface TiledPicture {
  /** Without the margin. */
  readonly size: Size;
  readonly stages: readonly TiledStage[];
  readonly options: TileOptions;
  /**
   * How much the positions of a tap's map count for a region: together 1, and none of them in the margin. Nothing where all count
   * alike.
   */
  readonly sharesOf: (tap: string, region: number) => Float32Array | undefined;
  readonly stores: Stores;
}

/** Where large arrays lie: in memory where there is no store for them. */
export interface Stores {
  /** Those of the picture's size. */
  readonly pictures?: Store | undefined;
  /** Feature maps that are kept whole. */
  readonly maps?: Store | undefined;
}

/**
 * Cuts a picture.
 * @param shares how much positions count, by the names of the objective's inputs; all alike where there are none
 * @throws Error when it cannot be cut so
 */
export function tiledPicture(
  options: TileOptions,
  { width, height }: Size,
  cutting: Cutting,
  shares: Readonly<Record<string, Float32Array>>,
  stores: Stores = {},
): TiledPicture {
  const size = { width, height };
  const stages = layTiles(options, size, cutting);
  if (!stages) throw new Error(`A picture of ${width}x${height} pixels has no such tiles.`);
  const sharesOf = (tap: string, region: number) => shares[regionShares(tap, region)];
  return { size, stages, options, sharesOf, stores };
}

/** How many regions a picture has. */
export function regionsIn({ options }: TiledPicture): number {
  return options.regionParts?.length ?? 1;
}

/** The style taps of a stage, each with the number of each region. */
export function styleTapsOf({ taps }: TiledStage, picture: TiledPicture): [tap: string, region: number][] {
  const names = [...taps.keys()].filter((tap) => tap in picture.options.styleTaps);
  return names.flatMap((tap) =>
    Array.from({ length: regionsIn(picture) }, (_, region): [string, number] => [tap, region]),
  );
}

/** The content taps of a stage. */
export function contentTapsOf({ taps }: TiledStage, { options }: TiledPicture): string[] {
  return [...taps.keys()].filter((tap) => tap in options.contentTaps);
}

/** How much the positions of a tile count for the regions, at the style taps of its stage. */
export function tileShares(
  tile: Tile,
  stage: TiledStage,
  picture: TiledPicture,
): Record<string, Float32Array> {
  const shares: Record<string, Float32Array> = {};
  for (const [tap, region] of styleTapsOf(stage, picture)) {
    const map = stage.taps.get(tap) as TiledMap;
    const inner = innerOf(tap, map, picture);
    const given = picture.sharesOf(tap, region);
    const place = placeOn(inner, tile, stage, map);
    shares[regionShares(tap, region)] = given
      ? onInner(inner, place, given)
      : filledAt(place, 1 / (inner.width * inner.height));
  }
  return shares;
}

/** 1 at the positions of a tile's map that count, 0 at the others. */
export function countedPositions(
  tap: string,
  tile: Tile,
  stage: TiledStage,
  picture: TiledPicture,
): Float32Array {
  const map = stage.taps.get(tap) as TiledMap;
  return filledAt(placeOn(innerOf(tap, map, picture), tile, stage, map), 1);
}

/** The part of a tap's map that is no margin. */
export function innerOf(tap: string, { whole }: TiledMap, { options, size }: TiledPicture): Rectangle {
  const off = Math.floor(marginOf(options, size) / tapNamed(options.network.architecture, tap).stride);
  return { x: off, y: off, width: whole.width - 2 * off, height: whole.height - 2 * off };
}

interface Place {
  /** Where the tile is on the map. */
  readonly at: Rectangle;
  /** What of it counts and is no margin. */
  readonly part: Rectangle | undefined;
}

function placeOn(inner: Rectangle, tile: Tile, { whole }: TiledStage, map: TiledMap): Place {
  const { at, part } = onMap(tile, whole, map);
  return { at, part: common(part, inner) };
}

function filledAt({ at, part }: Place, value: number): Float32Array {
  return filled(at, part && { ...part, x: part.x - at.x, y: part.y - at.y }, value);
}

/** The values of the inner part of a map, at a tile's place. */
function onInner(inner: Rectangle, { at, part }: Place, values: Float32Array): Float32Array {
  if (!part) return new Float32Array(at.width * at.height);
  const moved = (x: Rectangle) => ({ ...x, x: x.x - inner.x, y: x.y - inner.y });
  return cutPart({ ...inner, channels: 1, data: values }, moved(at), moved(part));
}
