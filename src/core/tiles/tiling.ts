import type { Size } from '../picture/picture.ts';
import { type Cover, coverAxis } from './axis.ts';
import type { TileOptions } from './graphs.ts';
import type { Rectangle } from './grid.ts';
import { mapSizesOf, type Stage, stagesOf } from './stages.ts';

/** How a picture is cut: after which layers of the network, and for each stage into how many columns and rows of tiles. */
export interface Cutting {
  readonly cuts: readonly number[];
  readonly counts: readonly Counts[];
}

export interface Counts {
  readonly columns: number;
  readonly rows: number;
}

/** One of a stage's tiles, in positions of what the stage is given. */
export interface Tile {
  /** What is computed. */
  readonly at: Rectangle;
  /** What of it counts. */
  readonly part: Rectangle;
}

/** A feature map of a stage: how large it is in all, and in a tile. */
export interface TiledMap {
  /** Positions of what the stage is given per position of the map. */
  readonly stride: number;
  readonly whole: Size;
  readonly tile: Size;
}

/** A stage and its tiles, all of one size. */
export interface TiledStage {
  readonly stage: Stage;
  /** The size of what the stage is given. */
  readonly whole: Size;
  readonly tile: Size;
  readonly tiles: readonly Tile[];
  readonly taps: ReadonlyMap<string, TiledMap>;
  /** What it hands on. */
  readonly end: TiledMap;
}

/**
 * Cuts a picture, continued by the margin, and the feature maps that are made of it.
 * @returns nothing where a stage cannot be cut into so many tiles
 */
export function layTiles(
  options: TileOptions,
  picture: Size,
  { cuts, counts }: Cutting,
): TiledStage[] | undefined {
  const { network, pooling } = options;
  const taps = [...Object.keys(options.contentTaps), ...Object.keys(options.styleTaps)];
  const margin = marginOf(options, picture);
  // Steps over the edge to the other side are seen in the margin.
  if (options.edges === 'wrap' && margin === 0) return undefined;
  let whole: Size = { width: picture.width + 2 * margin, height: picture.height + 2 * margin };
  const stages: TiledStage[] = [];
  for (const [i, stage] of stagesOf(network.architecture, taps, cuts).entries()) {
    const { columns, rows } = counts[i] as Counts;
    const across = coverAxis(whole.width, columns, stage);
    const down = coverAxis(whole.height, rows, stage);
    if (!across || !down) return undefined;
    const tile = { width: across.size, height: down.size };
    const [all, each] = [whole, tile].map((size) => mapSizesOf(stage, size, network.weights, pooling)) as [
      ReturnType<typeof mapSizesOf>,
      ReturnType<typeof mapSizesOf>,
    ];
    const tapMaps = [...stage.taps].map(([tap, stride]): [string, TiledMap] => [
      tap,
      { stride, whole: all.taps.get(tap) as Size, tile: each.taps.get(tap) as Size },
    ]);
    const end = { stride: stage.stride, whole: all.end, tile: each.end };
    stages.push({ stage, whole, tile, tiles: crossed(across, down), taps: new Map(tapMaps), end });
    whole = all.end;
  }
  return stages;
}

/** Pixels by which the picture is continued outwards: no more than it has. */
export function marginOf({ margin }: { readonly margin: number }, { width, height }: Size): number {
  return Math.min(margin, width, height);
}

function crossed(across: Cover, down: Cover): Tile[] {
  return down.windows.flatMap((row) =>
    across.windows.map((column) => ({
      at: { x: column.start, y: row.start, width: across.size, height: down.size },
      part: { x: column.from, y: row.from, width: column.to - column.from, height: row.to - row.from },
    })),
  );
}

/** A tile's place on a feature map. */
export function onMap({ at, part }: Tile, whole: Size, { stride, whole: map, tile }: TiledMap): Tile {
  const place = (from: number, length: number, size: number, mapSize: number) => {
    const begin = from / stride;
    return { begin, length: (from + length === size ? mapSize : (from + length) / stride) - begin };
  };
  const across = place(part.x, part.width, whole.width, map.width);
  const down = place(part.y, part.height, whole.height, map.height);
  return {
    at: { ...tile, x: at.x / stride, y: at.y / stride },
    part: { x: across.begin, y: down.begin, width: across.length, height: down.length },
  };
}
