import type { Engine, Program } from '../engine.ts';
import { serialize } from '../graph/index.ts';
import { styleLosses } from '../losses/index.ts';
import { forwardGraph, moment, origin } from './graphs.ts';
import { cut, emptyGrid, type Grid, paste } from './grid.ts';
import { type Pixels, pixelFeeds } from './pixels.ts';
import { styleTapsOf, type TiledPicture, tileShares } from './tiled-picture.ts';
import { onMap, type TiledStage } from './tiling.ts';

/** Values by name. */
export type Values = Readonly<Record<string, Float32Array>>;

/** What the way up gives. */
export interface Seen {
  /** The moments of the whole picture. */
  readonly moments: Values;
  /** What each stage but the first is given: the first of them for the second stage. */
  readonly maps: readonly Grid[];
}

export interface Forward {
  /** The shapes of the moments. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  run(pixels: Pixels): Promise<Seen>;
  /** What moments are taken around: the means of the picture that was run first, which will do for all that are like it. */
  origins(): Values;
  release(): Promise<void>;
}

/**
 * Compiles the way up through the first stages of a picture.
 * @param count how many stages
 * @throws EngineError as `compile`; `run` as the run of a program
 */
export async function openForward(engine: Engine, picture: TiledPicture, count: number): Promise<Forward> {
  const stages = picture.stages.slice(0, count);
  const { options, size } = picture;
  const { centred } = styleLosses[options.styleLoss];
  const shapes = new Map<string, readonly number[]>();
  const programs: { readonly stage: TiledStage; readonly program: Program; readonly moments: string[] }[] =
    [];
  for (const [i, stage] of stages.entries()) {
    const { end, ...moments } = forwardGraph(stage.stage, i === 0, stage.tile, options);
    const handsOn = i < picture.stages.length - 1;
    for (const [name, { shape }] of Object.entries(moments)) shapes.set(name, shape);
    if (!handsOn && Object.keys(moments).length === 0) continue;
    const outputs = handsOn && end ? { ...moments, end } : moments;
    const program = await engine.compile(serialize(outputs));
    programs.push({ stage, program, moments: Object.keys(moments) });
  }
  let around: Record<string, Float32Array> = {};

  async function sum(pixels: Pixels): Promise<Seen> {
    const moments = new Map([...shapes].map(([name, shape]) => [name, new Float64Array(valuesIn(shape))]));
    const maps: Grid[] = [];
    for (const { stage, program, moments: names } of programs) {
      const given = maps.at(-1);
      const handsOn = stage !== picture.stages.at(-1);
      const next = emptyGrid(handsOn ? (stage.stage.layers.at(-1)?.channels ?? 0) : 0, stage.end.whole);
      for (const tile of stage.tiles) {
        const feeds = {
          ...(given ? { map: cut(given, tile.at) } : pixelFeeds(pixels, tile, size, options)),
          ...tileShares(tile, stage, picture),
          ...around,
        };
        const found = await program.run(feeds, handsOn ? [...names, 'end'] : names);
        for (const name of names) addTo(moments.get(name) as Float64Array, found[name] as Float32Array);
        if (handsOn) {
          const { at, part } = onMap(tile, stage.whole, stage.end);
          paste(next, found.end as Float32Array, at, part);
        }
      }
      if (handsOn) maps.push(next);
    }
    const sums = [...moments].map(([name, values]) => [name, Float32Array.from(values)] as const);
    return { moments: Object.fromEntries(sums), maps };
  }

  /** The means of a picture, of which nothing is known: moments around zero tell them. */
  async function means(pixels: Pixels): Promise<Record<string, Float32Array>> {
    const taps = stages.flatMap((stage) => styleTapsOf(stage, picture));
    const meanOf = ([tap, region]: [string, number]) => moment(tap, 'mean', region);
    around = Object.fromEntries(
      taps.map((tap) => [origin(...tap), new Float32Array(valuesIn(shapes.get(meanOf(tap)) ?? []))]),
    );
    const { moments } = await sum(pixels);
    return Object.fromEntries(taps.map((tap) => [origin(...tap), moments[meanOf(tap)] as Float32Array]));
  }

  return {
    shapes,
    async run(pixels) {
      if (centred && Object.keys(around).length === 0) around = await means(pixels);
      return await sum(pixels);
    },
    origins: () => around,
    release: async () => {
      for (const { program } of programs) await program.release();
    },
  };
}

function addTo(sum: Float64Array, values: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (values[i] as number);
}

function valuesIn(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
