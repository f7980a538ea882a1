import { type Engine, type Holder, openTogether, type Program } from '../engine.ts';
import { serialize } from '../graph/index.ts';
import { contentTarget } from '../objective/objective.ts';
import { release as discard, type Floats, zeros } from '../store.ts';
import type { Contents, ContentTarget } from './contents.ts';
import type { Seen, Values } from './forward.ts';
import { adjoint, backwardGraph, contentFactor, contentSum, counted, type TermWeights } from './graphs.ts';
import { addTo, cut, cutPart, type Grid } from './grid.ts';
import { runInTurn } from './in-turn.ts';
import { addGradient, type Pixels, pasteOnPicture, pixelFeeds, stepShares } from './pixels.ts';
import {
  contentTapsOf,
  countedPositions,
  styleTapsOf,
  type TiledPicture,
  tileShares,
} from './tiled-picture.ts';
import { onMap, type Tile, type TiledMap, type TiledStage } from './tiling.ts';

/** What the way back gives. */
export interface Returned {
  readonly content: number;
  /** The style loss of the taps of a last stage that is one tile, which needs no adding up. */
  readonly style: number;
  readonly tv: number;
  readonly gradient: Floats;
  readonly picture: Floats;
}

export interface Backward extends Holder {
  /**
   * @param seen on the way up; its maps are needed no more afterwards
   * @param shared what programs are given alike for all tiles: gradients by moments, and what goes with them
   */
  run(pixels: Pixels, seen: Seen, shared: Values, contents: Contents): Promise<Returned>;
}

/**
 * Compiles the way back through a picture.
 * @param whole whether the last stage is one tile, and compares styles by itself
 * @throws EngineError as `compile`; its functions as the run of a program
 */
export async function openBackward(
  engine: Engine,
  picture: TiledPicture,
  weights: TermWeights,
  whole: boolean,
): Promise<Backward> {
  const { stages, options, size, stores } = picture;
  const { programs, release } = await openTogether(async ({ keep, release }) => {
    const programs: Program[] = [];
    for (const [i, { stage, tile }] of stages.entries()) {
      const last = i === stages.length - 1;
      const place = { first: i === 0, last, whole: last && whole };
      const graph = backwardGraph(stage, place, tile, options, weights);
      programs.push(keep(await engine.compile(serialize(graph), { frugal: true })));
    }
    return { programs, release };
  });

  /** What a program is given of a tile. */
  function feedsOf(
    stage: TiledStage,
    tile: Tile,
    pixels: Pixels,
    given: Grid | undefined,
    after: Grid | undefined,
    contents: Contents,
  ): Values {
    const feeds: Record<string, Float32Array> = {
      ...(given ? { map: cut(given, tile.at) } : pixelFeeds(pixels, tile, size, options)),
      ...(given ? {} : stepShares(tile, size, options)),
      ...tileShares(tile, stage, picture),
    };
    for (const tap of contentTapsOf(stage, picture)) {
      const { at } = onMap(tile, stage.whole, stage.taps.get(tap) as TiledMap);
      feeds[counted(tap)] = countedPositions(tap, tile, stage, picture);
      feeds[contentTarget(tap)] = cut((contents.get(tap) as ContentTarget).map, at);
    }
    if (after) {
      const { at, part } = onMap(tile, stage.whole, stage.end);
      feeds[adjoint('end')] = cutPart(after, at, part);
    }
    return feeds;
  }

  /** What a program is given for all tiles alike, besides what is shared by all programs. */
  function factorsOf(stage: TiledStage, contents: Contents): Values {
    const factors = contentTapsOf(stage, picture).map((tap) => {
      const { part, divisor } = contents.get(tap) as ContentTarget;
      return [contentFactor(tap), Float32Array.of((weights.contentWeight * part) / divisor)] as const;
    });
    return Object.fromEntries(factors);
  }

  return {
    async run(pixels, { maps }, shared, contents) {
      const gradient = zeros(pixels.start.length, stores.pictures);
      const painted = zeros(pixels.start.length, stores.pictures);
      let [content, style, tv] = [0, 0, 0];
      let after: Grid | undefined;
      for (let i = stages.length - 1; i >= 0; i--) {
        const stage = stages[i] as TiledStage;
        const given = maps[i - 1];
        let by: Grid | undefined;
        const taps = contentTapsOf(stage, picture);
        const comparing = whole && i === stages.length - 1 && styleTapsOf(stage, picture).length > 0;
        const names = [
          'gradient',
          ...taps.map(contentSum),
          ...(given ? [] : ['tv', 'picture']),
          ...(comparing ? ['style'] : []),
        ];
        let alike: Values = { ...shared, ...factorsOf(stage, contents) };
        const following = after;
        const feeds = (tile: Tile) => {
          const all = { ...feedsOf(stage, tile, pixels, given, following, contents), ...alike };
          alike = {}; // the program keeps it
          return all;
        };
        await runInTurn(programs[i] as Program, stage.tiles, names, feeds, (tile, found) => {
          const value = (name: string) => (found[name] as Float32Array)[0] as number;
          for (const tap of taps) {
            const { part, divisor } = contents.get(tap) as ContentTarget;
            content += (part * value(contentSum(tap))) / divisor;
          }
          if (comparing) style += value('style');
          if (given) {
            by = addTo(by, given, found.gradient as Float32Array, tile.at, stores.maps);
          } else {
            tv += value('tv');
            addGradient(gradient, found.gradient as Float32Array, tile, size, options);
            pasteOnPicture(painted, found.picture as Float32Array, tile, size, options);
          }
        });
        for (const done of [given, after]) if (done) discard(done.data);
        after = by;
      }
      return { content, style, tv, gradient, picture: painted };
    },

    release,
  };
}
