import type { Engine } from '../engine.ts';
import { serialize } from '../graph/index.ts';
import { tapNamed } from '../networks/index.ts';
import { features } from '../objective/objective.ts';
import { featuresGraph } from './graphs.ts';
import { cut, emptyGrid, type Grid, paste, squaresIn } from './grid.ts';
import { type Pixels, pixelFeeds } from './pixels.ts';
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
 * @param maps what each stage but the first is given
 * @throws EngineError
 */
export async function contentsOf(
  engine: Engine,
  picture: TiledPicture,
  pixels: Pixels,
  maps: readonly Grid[],
): Promise<Contents> {
  const { stages, options, size, store } = picture;
  const parts = Object.values(options.contentTaps).reduce((a, b) => a + b, 0);
  const found = new Map<string, ContentTarget>();
  for (const [i, stage] of stages.entries()) {
    const taps = contentTapsOf(stage, picture);
    if (taps.length === 0) continue;
    const grids = new Map(
      taps.map((tap) => [
        tap,
        emptyGrid(
          tapNamed(options.network.architecture, tap).channels,
          (stage.taps.get(tap) as TiledMap).whole,
          store,
        ),
      ]),
    );
    const program = await engine.compile(
      serialize(featuresGraph(stage.stage, i === 0, taps, stage.tile, options)),
      { frugal: true },
    );
    try {
      for (const tile of stage.tiles) {
        const given = maps[i - 1];
        const feeds = given ? { map: cut(given, tile.at) } : pixelFeeds(pixels, tile, size, options);
        const outputs = await program.run(feeds, taps.map(features));
        for (const [tap, grid] of grids) {
          const { at, part } = onMap(tile, stage.whole, stage.taps.get(tap) as TiledMap);
          paste(grid, outputs[features(tap)] as Float32Array, at, part);
        }
      }
    } finally {
      await program.release();
    }
    for (const [tap, map] of grids) {
      const inner = innerOf(tap, stage.taps.get(tap) as TiledMap, picture);
      const count = map.channels * inner.width * inner.height;
      const divisor = options.losses === 'relative' ? squaresIn(map, inner) : count;
      found.set(tap, { map, divisor, part: (options.contentTaps[tap] as number) / parts });
    }
  }
  return found;
}
