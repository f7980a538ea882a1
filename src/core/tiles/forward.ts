import { type Engine, type Holder, openTogether, type Program } from '../engine.ts';
import { serialize } from '../graph/index.ts';
import { forwardGraph } from './graphs.ts';
import { cut, emptyGrid, type Grid, paste } from './grid.ts';
import { runInTurn } from './in-turn.ts';
import { type Pixels, pixelFeeds } from './pixels.ts';
import { type TiledPicture, tileShares } from './tiled-picture.ts';
import { onMap, type Tile, type TiledStage } from './tiling.ts';

/** Values by name. */
export type Values = Readonly<Record<string, Float32Array>>;

/** What the way up gives. */
export interface Seen {
  /** The moments of the whole picture. */
  readonly moments: Values;
  /** What each stage but the first is given: the first of them for the second stage. */
  readonly maps: readonly Grid[];
}

export interface Forward extends Holder {
  /** The shapes of the moments. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  run(pixels: Pixels): Promise<Seen>;
}

/** The way up through one stage. */
interface StageProgram {
  readonly stage: TiledStage;
  readonly program: Program;
  /** The names of the moments that it gives. */
  readonly moments: readonly string[];
}

/**
 * Compiles the way up through the first stages of a picture.
 * @param count how many stages
 * @param frame what was kept of the styles, by the names of the objective's inputs; where there is none, the moments are those
 *   that frame the others
 * @throws EngineError as `compile`; `run` as the run of a program
 */
export async function openForward(
  engine: Engine,
  picture: TiledPicture,
  count: number,
  frame?: Values,
): Promise<Forward> {
  const stages = picture.stages.slice(0, count);
  const { options, size, stores } = picture;
  const shapes = new Map<string, readonly number[]>();
  const { programs, release } = await openTogether(async ({ keep, release }) => {
    const programs: StageProgram[] = [];
    for (const [i, stage] of stages.entries()) {
      const { end, ...moments } = forwardGraph(stage.stage, i === 0, stage.tile, options, !frame);
      const handsOn = i < picture.stages.length - 1;
      for (const [name, { shape }] of Object.entries(moments)) shapes.set(name, shape);
      if (!handsOn && Object.keys(moments).length === 0) continue;
      const outputs = handsOn && end ? { ...moments, end } : moments;
      const program = keep(await engine.compile(serialize(outputs), { frugal: true }));
      programs.push({ stage, program, moments: Object.keys(moments) });
    }
    return { programs, release };
  });

  async function run(pixels: Pixels): Promise<Seen> {
    const moments = new Map([...shapes].map(([name, shape]) => [name, new Float64Array(valuesIn(shape))]));
    const maps: Grid[] = [];
    for (const { stage, program, moments: names } of programs) {
      const given = maps.at(-1);
      const handsOn = stage !== picture.stages.at(-1);
      let shared = frame;
      const channels = stage.stage.layers.at(-1)?.channels ?? 0;
      const next = handsOn ? emptyGrid(channels, stage.end.whole, stores.maps) : undefined;
      const feedsOf = (tile: Tile) => {
        const feeds = {
          ...(given ? { map: cut(given, tile.at) } : pixelFeeds(pixels, tile, size, options)),
          ...tileShares(tile, stage, picture),
          ...shared,
        };
        shared = {}; // the program keeps it
        return feeds;
      };
      await runInTurn(program, stage.tiles, handsOn ? [...names, 'end'] : names, feedsOf, (tile, found) => {
        for (const name of names) addTo(moments.get(name) as Float64Array, found[name] as Float32Array);
        if (!next) return;
        const { at, part } = onMap(tile, stage.whole, stage.end);
        paste(next, found.end as Float32Array, at, part);
      });
      if (next) maps.push(next);
    }
    const sums = [...moments].map(([name, values]) => [name, Float32Array.from(values)] as const);
    return { moments: Object.fromEntries(sums), maps };
  }

  return { shapes, run, release };
}

function addTo(sum: Float64Array, values: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (values[i] as number);
}

function valuesIn(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
