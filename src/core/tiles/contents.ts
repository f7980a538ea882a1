import type { Engine } from '../engine.ts';
import { serialize, type Tensor } from '../graph/index.ts';
import { tapNamed } from '../networks/index.ts';
import { features } from '../objective/objective.ts';
import { type Floats, release, type Store } from '../store.ts';
import { featuresGraph } from './graphs.ts';
import { cut, emptyGrid, type Grid, paste, squaresIn } from './grid.ts';
import { pixelFeeds } from './pixels.ts';
import { contentTapsOf, innerOf, type TiledPicture } from './tiled-picture.ts';
import { onMap, type TiledMap } from './tiling.ts';

/** What the painting is compared with at a content tap. */
export interface ContentTarget {
  readonly map: Grid;
  /** What the sum of squared differences is divided by. */
  readonly divisor: number;
  /** How much the tap counts among the content taps; together 1. */
  readonly part: number;
}

export type Contents = ReadonlyMap<string, ContentTarget>;

/**
 * The feature maps of the content.
 * @param content `[3, height, width]`
 * @throws EngineError
 */
export async function contentsOf(engine: Engine, picture: TiledPicture, content: Floats): Promise<Contents> {
  const { stages, options, size, stores } = picture;
  const parts = Object.values(options.contentTaps).reduce((a, b) => a + b, 0);
  const last = stages.findLastIndex((stage) => contentTapsOf(stage, picture).length > 0);
  const found = new Map<string, ContentTarget>();
  /** What the stage is given, but for the first. */
  let given: Grid | undefined;
  for (const [i, stage] of stages.slice(0, last + 1).entries()) {
    const taps = contentTapsOf(stage, picture);
    const maps = new Map(
      taps.map((tap) => [
        features(tap),
        gridOf(stage.taps.get(tap) as TiledMap, channelsOf(tap, picture), stores.maps),
      ]),
    );
    const channels = stage.stage.layers.at(-1)?.channels ?? 0;
    const end = i < last ? gridOf(stage.end, channels, stores.maps) : undefined;
    if (end) maps.set('end', end);
    const outputs = featuresGraph(stage.stage, i === 0, taps, stage.tile, options);
    const wanted = Object.fromEntries([...maps.keys()].map((name) => [name, outputs[name] as Tensor]));
    const program = await engine.compile(serialize(wanted), { frugal: true });
    try {
      for (const tile of stage.tiles) {
        const feeds = given
          ? { map: cut(given, tile.at) }
          : pixelFeeds({ start: content }, tile, size, options);
        const outputs = await program.run(feeds, [...maps.keys()]);
        for (const [name, { grid, map }] of maps) {
          const { at, part } = onMap(tile, stage.whole, map);
          paste(grid, outputs[name] as Float32Array, at, part);
        }
      }
    } finally {
      await program.release();
    }
    if (given) release(given.data);
    given = end?.grid;
    for (const tap of taps) {
      const { grid: map } = maps.get(features(tap)) as MapGrid;
      const inner = innerOf(tap, stage.taps.get(tap) as TiledMap, picture);
      const count = map.channels * inner.width * inner.height;
      const divisor = options.losses === 'relative' ? squaresIn(map, inner) : count;
      found.set(tap, { map, divisor, part: (options.contentTaps[tap] as number) / parts });
    }
  }
  return found;
}

/** A map of a stage, to be filled tile by tile. */
interface MapGrid {
  readonly grid: Grid;
  readonly map: TiledMap;
}

function gridOf(map: TiledMap, channels: number, store: Store | undefined): MapGrid {
  return { grid: emptyGrid(channels, map.whole, store), map };
}

function channelsOf(tap: string, { options }: TiledPicture): number {
  return tapNamed(options.network.architecture, tap).channels;
}
