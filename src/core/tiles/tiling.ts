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

/** A stage, not cut into tiles yet. */
export type WholeStage = Pick<TiledStage, 'stage' | 'whole'> & {
  readonly maps: ReturnType<typeof mapSizesOf>;
};

/** The stages of a picture that is continued by the margin, when the network is cut after some layers. */
export function layStages(options: TileOptions, picture: Size, cuts: readonly number[]): WholeStage[] {
  const { network, pooling } = options;
  const taps = [...Object.keys(options.contentTaps), ...Object.keys(options.styleTaps)];
  const margin = marginOf(options, picture);
  let whole: Size = { width: picture.width + 2 * margin, height: picture.height + 2 * margin };
  return stagesOf(network.architecture, taps, cuts).map((stage) => {
    const maps = mapSizesOf(stage, whole, network.weights, pooling);
    const laid = { stage, whole, maps };
    whole = maps.end;
    return laid;
  });
}

/**
 * Cuts a stage into tiles.
 * @returns nothing where it cannot be cut into so many
 */
export function layStage(
  { network, pooling }: TileOptions,
  { stage, whole, maps }: WholeStage,
  { columns, rows }: Counts,
): TiledStage | undefined {
  const across = coverAxis(whole.width, columns, stage);
  const down = coverAxis(whole.height, rows, stage);
  if (!across || !down) return undefined;
  const tile = { width: across.size, height: down.size };
  const each = mapSizesOf(stage, tile, network.weights, pooling);
  const taps = [...stage.taps].map(([tap, stride]): [string, TiledMap] => [
    tap,
    { stride, whole: maps.taps.get(tap) as Size, tile: each.taps.get(tap) as Size },
  ]);
  const end = { stride: stage.stride, whole: maps.end, tile: each.end };
  return { stage, whole, tile, tiles: crossed(across, down), taps: new Map(taps), end };
}

/**
 * Cuts a picture, and the feature maps that are made of it.
 * @returns nothing where a stage cannot be cut into so many tiles
 */
export function layTiles(
  options: TileOptions,
  picture: Size,
  { cuts, counts }: Cutting,
): TiledStage[] | undefined {
  const stages: TiledStage[] = [];
  for (const [i, whole] of layStages(options, picture, cuts).entries()) {
    const laid = layStage(options, whole, counts[i] as Counts);
    if (!laid) return undefined;
    stages.push(laid);
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
