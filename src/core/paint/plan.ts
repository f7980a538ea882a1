import { flopsOf, memoryOf, type Outputs } from '../graph/index.ts';
import { tapNamed } from '../networks/index.ts';
import type { Size } from '../picture/picture.ts';
import { backwardGraph, forwardGraph, type TileOptions } from '../tiles/graphs.ts';
import { stagesOf } from '../tiles/stages.ts';
import { type Counts, type Cutting, layTiles, type TiledStage } from '../tiles/tiling.ts';
import { fit } from './pyramid.ts';
import { tapsOf, weightsOf } from './settings.ts';
import { objectiveAt, optionsOf, type ScalePlan, statisticsAt, styleView, type Work } from './work.ts';

/**
 * What a painting takes, in bytes, as measured: what the program takes before any graph, what the engine makes of each byte of
 * constants and of each byte that is alive at the same time, and what tiles leave to be swept up.
 */
const BASE = 250e6;
const OF_CONSTANTS = 2;
const OF_VALUES = { whole: 1.6, tiles: 1.4 } as const;
const LITTER = 300e6;
/** Copies of a map that is handed on, and of its gradient: here, in the engine, and on the way between them. */
const COPIES_OF_HANDED = 5;
/** What it costs to hand a byte of a map from stage to stage, and its gradient back, in multiplications that take as long. */
const OF_HANDED = 1600;
/** Arrays of the picture's size that are there at the same time, besides those that L-BFGS remembers. */
const ARRAYS = { lbfgs: 11, adam: 9 } as const;
/** Those of a checkpoint: copies, so that painting goes on while it is written. */
const SAVED = { lbfgs: 2, adam: 4 } as const;
/**
 * The same where they lie in a store: when the start is enlarged from the scale before, and when the painting is written, nothing
 * else is in memory.
 */
const ARRAYS_OF_STORED = 2.25;
const BYTES_PER_PIXEL = 12;

/** How well an optimiser gets on with what it has, by the steps that it needs more. */
const OPTIMIZERS = [
  { optimizer: 'lbfgs', history: 10, slower: 1 },
  { optimizer: 'lbfgs', history: 6, slower: 1.05 },
  { optimizer: 'lbfgs', history: 3, slower: 1.2 },
  { optimizer: 'adam', history: 0, slower: 2 },
  { optimizer: 'adam', history: 0, slower: 2.1, stored: true },
] as const;

/** A way to paint a scale, and what it takes. */
export interface PlannedScale extends ScalePlan {
  /** Foretold. */
  readonly bytes: number;
}

/** How a scale can be cut, with the memory that it takes apart from pictures, and its arithmetic. */
interface Way {
  readonly cutting?: Cutting;
  readonly bytes: number;
  /** The memory that it takes where maps that are kept whole lie in a store. */
  readonly bytesStored?: number;
  readonly flops: number;
}

/**
 * The quickest way to paint a scale within so many bytes.
 * @returns the one that takes least where none does with so little
 */
export function planScale(work: Work, level: number, budget: number): PlannedScale {
  const scale = work.settings.scales[level] as number;
  const size = fit(work.content, scale);
  const kept = picturesOf(work);
  const choices = OPTIMIZERS.filter(
    ({ optimizer }) => work.settings.optimizer === 'lbfgs' || optimizer === 'adam',
  );
  const looks = work.styles.map((style) => planStyle(work, style, scale, budget - kept));
  const styles = looks.map(({ cutting }) => cutting);
  const least = kept + Math.max(...looks.map(({ bytes }) => bytes));
  const found: { plan: PlannedScale; time: number }[] = [];
  const picture = BYTES_PER_PIXEL * size.width * size.height;
  const offer = ({ cutting, bytes, bytesStored, flops }: Way) => {
    for (const { slower, ...choice } of choices) {
      const { optimizer, history } = choice;
      const arrays = ARRAYS[optimizer] + SAVED[optimizer] + (optimizer === 'lbfgs' ? 4 * history + 1 : 0);
      const stored = 'stored' in choice;
      if (stored && bytesStored === undefined) continue;
      const most = stored
        ? Math.max(bytesStored ?? 0, BASE + LITTER + ARRAYS_OF_STORED * picture)
        : bytes + arrays * picture;
      const plan = { ...(cutting && { cutting }), styles, ...choice, bytes: Math.max(most + kept, least) };
      found.push({ plan, time: flops * slower });
    }
  };
  offer(wholeWay(objectiveAt(work, scale, work.settings.optimizer === 'lbfgs')));
  if (!found.some(({ plan }) => plan.bytes <= budget)) tiledWays(optionsOf(work), size, work).forEach(offer);
  const fitting = found.filter(({ plan }) => plan.bytes <= budget);
  const best =
    fitting.length > 0
      ? fitting.sort((a, b) => a.time - b.time)
      : found.sort((a, b) => a.plan.bytes - b.plan.bytes);
  return (best[0] as (typeof found)[number]).plan;
}

function wholeWay(graph: Outputs): Way {
  const { constants, values } = memoryOf(graph);
  return { bytes: BASE + OF_CONSTANTS * constants + OF_VALUES.whole * values, flops: flopsOf(graph) };
}

/** The pictures that are there all the time. */
function picturesOf({ content, styles }: Work): number {
  const pixels = [content, ...styles].reduce((sum, { width, height }) => sum + width * height, 0);
  return BYTES_PER_PIXEL * pixels;
}

/** Into how many parts the longer side is cut. */
const PARTS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64];

/** Ways to cut a picture: after one layer or none, into tiles of all sizes that make sense. */
function tiledWays(options: TileOptions, size: Size, work: Work): Way[] {
  const { layers } = options.network.architecture;
  const taps = tapsOf(work.settings);
  const last = layers.findLastIndex(({ tap }) => tap !== undefined && taps.includes(tap));
  // Where maps become smaller it costs least to keep them.
  const cuts = layers
    .flatMap(({ stride }, i) => (stride > 1 ? [i, i + 1] : []))
    .filter((cut) => cut > 0 && cut <= last);
  const ways: Way[] = [];
  for (const cutting of [[], ...[...new Set(cuts)].map((cut) => [cut])]) {
    const costs = stageCosts(options, cutting, work);
    for (const parts of PARTS) {
      // A later stage looks at smaller maps: it has no more tiles than the first.
      for (const later of cutting.length === 0 ? [1] : PARTS.filter((later) => later <= parts)) {
        const way = wayWith(options, size, cutting, costs, [parts, later]);
        if (way) ways.push(way);
      }
    }
  }
  return ways;
}

/** What a stage's programs take, by position of what they are given. */
interface StageCost {
  readonly constants: number;
  readonly values: number;
  readonly flops: number;
  /** The same where the stage is one tile and the last. */
  readonly whole: { readonly constants: number; readonly values: number; readonly flops: number };
}

/** Memory and arithmetic grow with the positions, so that one size tells those of all. */
const SAMPLE = 256;

function stageCosts(options: TileOptions, cuts: readonly number[], work: Work): StageCost[] {
  const weights = weightsOf(work.settings);
  const stages = stagesOf(options.network.architecture, tapsOf(work.settings), cuts);
  return stages.map((stage, i) => {
    const place = { first: i === 0, last: i === stages.length - 1, whole: false };
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
        flops: graphs.reduce((sum, graph) => sum + flopsOf(graph), 0) / area,
      };
    };
    return { ...cost([up, back]), whole: cost([alone]) };
  });
}

/** The way with so many parts along the longer side, in the first stage and in the later one; nothing if there is none. */
function wayWith(
  options: TileOptions,
  size: Size,
  cuts: readonly number[],
  costs: readonly StageCost[],
  parts: readonly [first: number, later: number],
): Way | undefined {
  if (parts[0] === 1 && cuts.length === 0) return undefined;
  const counts = costs.map((_, i) => countsFor(size, parts[i] as number));
  const stages = layTiles(options, size, { cuts, counts });
  return stages && measured(options, stages, costs, { cuts, counts });
}

/** So many parts along the longer side, and of about the same size along the other. */
function countsFor({ width, height }: Size, parts: number): Counts {
  const along = (length: number) => Math.max(1, Math.round((parts * length) / Math.max(width, height)));
  return { columns: along(width), rows: along(height) };
}

function measured(
  options: TileOptions,
  stages: readonly TiledStage[],
  costs: readonly StageCost[],
  cutting: Cutting,
): Way {
  let [constants, values, flops, handed, contents, part] = [0, 0, 0, 0, 0, 0];
  for (const [i, { tile, tiles, whole, stage, taps }] of stages.entries()) {
    const cost = costs[i] as StageCost;
    const last = i === stages.length - 1;
    const { constants: c, values: v, flops: f } = last && tiles.length === 1 ? cost.whole : cost;
    const area = tile.width * tile.height;
    constants += c;
    values = Math.max(values, v * area);
    flops += f * area * tiles.length;
    // The map that is handed on, and the gradient by it; and what the content is like.
    if (i > 0) handed += 4 * stage.channels * whole.width * whole.height;
    if (i > 0) part = Math.max(part, 4 * stage.channels * area);
    for (const [tap, { whole: map }] of taps) {
      if (tap in options.contentTaps)
        contents += 4 * tapNamed(options.network.architecture, tap).channels * map.width * map.height;
    }
  }
  flops += OF_HANDED * handed;
  const bytes = BASE + LITTER + OF_CONSTANTS * constants + OF_VALUES.tiles * values;
  return {
    cutting,
    bytes: bytes + COPIES_OF_HANDED * handed + contents,
    bytesStored: bytes + COPIES_OF_HANDED * part,
    flops,
  };
}

/** How a style picture is looked at: in one piece if that keeps to the budget, or else in as few tiles as do. */
function planStyle(work: Work, style: Size, scale: number, budget: number): Way {
  const whole = wholeWay(statisticsAt(work, style, scale));
  if (whole.bytes <= budget) return whole;
  const view = styleView(work, style, scale);
  const options: TileOptions = { ...work.settings, ...view, contentTaps: {}, soft: false };
  let best = whole;
  for (const parts of PARTS) {
    const cutting = { cuts: [], counts: [countsFor(view, parts)] };
    const stages = layTiles(options, view, cutting);
    if (!stages) continue;
    const [{ stage, tile }] = stages as [TiledStage];
    const way = wholeWay(forwardGraph(stage, true, tile, options));
    best = { ...way, cutting, bytes: LITTER + way.bytes };
    if (best.bytes <= budget) break;
  }
  return best;
}
