import { effortOf, memoryOf, type Outputs } from '../graph/index.ts';
import { tapNamed } from '../networks/index.ts';
import type { Size } from '../picture/picture.ts';
import { backwardGraph, forwardGraph, type TermWeights, type TileOptions } from '../tiles/graphs.ts';
import {
  type Counts,
  type Cutting,
  layStage,
  layStages,
  layTiles,
  type TiledStage,
  type WholeStage,
} from '../tiles/tiling.ts';
import { statisticsAt, styleView, type Work } from './work.ts';

/*
 * The ways in which a scale can be worked out, and what each takes.
 */

/**
 * What a painting takes, in bytes, as measured: what the program takes before any graph, what the engine makes of each byte of
 * constants and of each byte that is alive at the same time, and what tiles leave to be swept up.
 */
export const BASE = 250e6;
const OF_CONSTANTS = 2;
const OF_VALUES = { whole: 1.65, style: 2.2, tile: 1.5 } as const;
/** Programs of tiles use the same memory by turns, but for gaps that the values of one leave to those of another. */
const OF_OTHERS = 0.3;
/** Values for which no room is kept beforehand find none between the others, and those of one layer not in that of the last. */
const OF_OPEN = 2;
export const LITTER = 150e6;
/** Copies of a map that is handed on, and of its gradient: here, in the engine, and on the way between them. */
const COPIES_OF_HANDED = 3;
/** The effort to hand a byte of a map from stage to stage, and its gradient back. */
const OF_HANDED = 500;
/** The effort to run a program, whatever it computes. */
const OF_RUN = 5e8;

/** How a scale can be cut, with the memory that it takes apart from pictures, and its effort, as `effortOf` counts it. */
export interface Way {
  readonly cutting?: Cutting;
  readonly bytes: number;
  /** The memory that it takes where maps that are kept whole lie in a store; in one piece there are none. */
  readonly bytesStored: number;
  readonly effort: number;
}

/** In one piece; of the statistics of a style, which take most for what they hold: their largest maps are copied. */
export function wholeWay(graph: Outputs, kind: 'whole' | 'style' = 'whole'): Way {
  const { constants, values, open } = memoryOf(graph);
  const opened = kind === 'style' ? OF_OPEN * open : 0;
  const bytes = BASE + OF_CONSTANTS * constants + OF_VALUES[kind] * values + opened;
  return { bytes, bytesStored: bytes, effort: effortOf(graph) };
}

/** Into how many parts the longer side is cut. */
const PARTS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64];

/** Ways to cut a picture: after some layers or none, into tiles of all sizes that make sense. */
export function tiledWays(options: TileOptions, size: Size, weights: TermWeights): Way[] {
  return cutsOf(options).flatMap((cuts) => {
    const stages = layStages(options, size, cuts).map((stage, i) => {
      const place = { first: i === 0, last: i === cuts.length, whole: false };
      const cost = costOf(options, stage, place, weights);
      return PARTS.map((parts) => measured(options, stage, countsFor(size, parts), place, cost));
    });
    return combined(stages)
      .filter((chosen) => cuts.length > 0 || (chosen[0] as MeasuredStage).tiles > 1)
      .map((chosen) => wayOf(cuts, chosen));
  });
}

/** After which layers the network can be cut: where maps become smaller it costs least to keep them. */
function cutsOf({ network, contentTaps, styleTaps }: TileOptions): number[][] {
  const { layers } = network.architecture;
  const last = layers.findLastIndex(
    ({ tap }) => tap !== undefined && (tap in contentTaps || tap in styleTaps),
  );
  const sensible = (cut: number) => cut > 0 && cut <= last;
  const before = layers.flatMap(({ stride }, i) => (stride > 1 ? [i] : [])).filter(sensible);
  const behind = layers.flatMap(({ stride }, i) => (stride > 1 ? [i + 1] : [])).filter(sensible);
  const single = [...new Set([...before, ...behind])];
  const pairs = behind.flatMap((first) =>
    behind.filter((second) => second > first).map((second) => [first, second]),
  );
  return [[], ...single.map((cut) => [cut]), ...pairs];
}

/** What a stage's programs take, by position of what they are given. */
interface ProgramsCost {
  readonly constants: number;
  /** Of the one that takes most, and of all together. */
  readonly values: number;
  readonly allValues: number;
  /** Of those of `values` whose shapes are open. */
  readonly open: number;
  readonly effort: number;
}
interface StageCost extends ProgramsCost {
  /** The same where the stage is one tile and the last. */
  readonly whole: ProgramsCost;
}

interface Place {
  readonly first: boolean;
  readonly last: boolean;
  readonly whole: boolean;
}

/**
 * Memory and effort grow with the positions, so that one size tells those of all: one at which late layers go by products of
 * matrices, as they do in large tiles.
 */
const SAMPLE = 512;

function costOf(options: TileOptions, { stage }: WholeStage, place: Place, weights: TermWeights): StageCost {
  const size = { width: SAMPLE, height: SAMPLE };
  const up = forwardGraph(stage, place.first, size, options);
  const back = backwardGraph(stage, place, size, options, weights);
  const alone = place.last ? backwardGraph(stage, { ...place, whole: true }, size, options, weights) : back;
  const area = SAMPLE * SAMPLE;
  const cost = (graphs: Outputs[]) => {
    const memory = graphs.map(memoryOf);
    return {
      constants: memory.reduce((sum, { constants }) => sum + constants, 0),
      values: Math.max(...memory.map(({ values }) => values)) / area,
      allValues: sumOf(memory, ({ values }) => values) / area,
      open: Math.max(...memory.map(({ open }) => open)) / area,
      effort: graphs.reduce((sum, graph) => sum + effortOf(graph), 0) / area,
    };
  };
  return { ...cost([up, back]), whole: cost([alone]) };
}

/** What a stage takes in so many tiles. */
interface MeasuredStage extends ProgramsCost {
  readonly counts: Counts;
  readonly tiles: number;
  /** Bytes of the map that the stage is given, and of a tile's part of it; none where that is the picture. */
  readonly handed: number;
  readonly part: number;
  /** Bytes of what the content is like. */
  readonly contents: number;
}

/** @returns nothing where it cannot be cut into so many */
function measured(
  options: TileOptions,
  stage: WholeStage,
  counts: Counts,
  { first, last }: Place,
  cost: StageCost,
): MeasuredStage | undefined {
  const laid = layStage(options, stage, counts);
  if (!laid) return undefined;
  const { tile, tiles, whole, taps } = laid;
  const { constants, values, allValues, open, effort } = last && tiles.length === 1 ? cost.whole : cost;
  const area = tile.width * tile.height;
  const bytes = (channels: number, { width, height }: Size) => 4 * channels * width * height;
  const { channels } = stage.stage;
  const contents = [...taps].map(([tap, { whole: map }]) =>
    tap in options.contentTaps ? bytes(tapNamed(options.network.architecture, tap).channels, map) : 0,
  );
  return {
    counts,
    tiles: tiles.length,
    constants,
    values: values * area,
    allValues: allValues * area,
    open: open * area,
    effort: (effort * area + OF_RUN * (last && tiles.length === 1 ? 1 : 2)) * tiles.length,
    handed: first ? 0 : bytes(channels, whole),
    part: first ? 0 : bytes(channels, tile),
    contents: contents.reduce((a, b) => a + b, 0),
  };
}

/** All choices of a number of tiles for each stage. A later stage looks at smaller maps: it has no more tiles than the one before. */
function combined(stages: readonly (readonly (MeasuredStage | undefined)[])[]): MeasuredStage[][] {
  return stages.reduce<MeasuredStage[][]>(
    (begun, choices) =>
      begun.flatMap((chosen) =>
        choices
          .filter((one) => one !== undefined)
          .filter(({ tiles }) => tiles <= (chosen.at(-1)?.tiles ?? tiles))
          .map((one) => [...chosen, one]),
      ),
    [[]],
  );
}

/** Of the programs one has memory at a time. */
function wayOf(cuts: readonly number[], stages: readonly MeasuredStage[]): Way {
  const handed = sumOf(stages, ({ handed }) => handed);
  const part = Math.max(...stages.map(({ part }) => part));
  const contents = sumOf(stages, ({ contents }) => contents);
  const fixed = BASE + LITTER + OF_CONSTANTS * sumOf(stages, ({ constants }) => constants);
  const values = Math.max(...stages.map(({ values }) => values));
  const others = OF_OTHERS * (sumOf(stages, ({ allValues }) => allValues) - values);
  const kept = COPIES_OF_HANDED * handed + contents;
  const open = Math.max(...stages.map(({ open }) => open));
  const running = fixed + OF_VALUES.tile * values + OF_OPEN * open + others;
  return {
    cutting: { cuts, counts: stages.map(({ counts }) => counts) },
    bytes: running + kept,
    bytesStored: running + COPIES_OF_HANDED * part,
    effort: sumOf(stages, ({ effort }) => effort) + OF_HANDED * handed,
  };
}

function sumOf<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}

/** So many parts along the longer side, and of about the same size along the other. */
function countsFor({ width, height }: Size, parts: number): Counts {
  const along = (length: number) => Math.max(1, Math.round((parts * length) / Math.max(width, height)));
  return { columns: along(width), rows: along(height) };
}

/** How a style picture is looked at: in one piece if that keeps to the budget, or else in as few tiles as do. */
export function styleWay(work: Work, style: Size, scale: number, budget: number): Way {
  const whole = wholeWay(statisticsAt(work, style, scale), 'style');
  if (whole.bytes <= budget) return whole;
  const view = styleView(work, style, scale);
  const options: TileOptions = { ...work.settings, ...view, contentTaps: {}, soft: false };
  let best = whole;
  for (const parts of PARTS) {
    const cutting = { cuts: [], counts: [countsFor(view, parts)] };
    const stages = layTiles(options, view, cutting);
    if (!stages) continue;
    const [{ stage, tile }] = stages as [TiledStage];
    const way = wholeWay(forwardGraph(stage, true, tile, options), 'style');
    best = { ...way, cutting, bytes: LITTER + way.bytes };
    if (best.bytes <= budget) break;
  }
  return best;
}
