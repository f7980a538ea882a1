import {
  add,
  elements,
  gradient,
  input,
  mul,
  mulRow,
  type Outputs,
  reshape,
  scale,
  slice,
  sub,
  sum,
  sumSquares,
  type Tensor,
} from '../graph/index.ts';
import { project, styleLosses } from '../losses/index.ts';
import { featureMaps } from '../networks/index.ts';
import { contentTarget, features, type ObjectiveOptions, regionShares } from '../objective/objective.ts';
import { SOFTEN_REACH, softenInside } from '../objective/soften.ts';
import { positionsOf, styleTerms, targetInputs } from '../objective/style.ts';
import type { Size } from '../picture/picture.ts';
import type { Stage } from './stages.ts';

/*
 * The graphs of a tile. The style's losses are made of sums over all positions of the picture, which no tile has by itself. So
 * each tile first gives its part of the sums; then `styleGraph` makes the losses of the whole sums, and their gradient by each of
 * the sums; and then each tile passes that gradient on to its pixels. What a tile is given of the rest of the picture is exact
 * where it counts, so that the outcome is that of the picture in one piece.
 */

/** Names of inputs and outputs, besides those of the objective. */
export const moment = (tap: string, name: string, region: number) => `moment ${region} ${tap} ${name}`;
export const adjoint = (name: string) => `gradient by ${name}`;
/** 1 at the positions of a tap that count, 0 at the others: `[1, h w]`. */
export const counted = (tap: string) => `counted ${tap}`;
/** How much a squared difference of maps counts: a scalar. */
export const contentFactor = (tap: string) => `factor ${tap}`;
export const contentSum = (tap: string) => `content ${tap} sum`;

/** How pictures are looked at and compared. */
export type TileOptions = Omit<ObjectiveOptions, 'width' | 'height' | keyof TermWeights>;

/** The weights of the objective's terms. */
export interface TermWeights {
  readonly contentWeight: number;
  readonly styleWeight: number;
  readonly tvWeight: number;
}

/** Where a stage is: whether it begins with the picture, whether nothing follows it, and whether it is one tile and the last. */
export interface Place {
  readonly first: boolean;
  readonly last: boolean;
  readonly whole: boolean;
}

interface Seen {
  /** What the tile is differentiated by: a change to the picture, or the feature map that the stage is given. */
  readonly x: Tensor;
  /** The painting, where the stage begins with it. */
  readonly picture?: Tensor;
  readonly maps: ReadonlyMap<string, Tensor>;
  /** What the stage hands on. */
  readonly end: Tensor;
}

/**
 * What a stage sees of a tile: its feature maps. The first stage is given `start` and, somewhat larger where changes are softened,
 * `change`; the others `map`.
 */
function see(stage: Stage, first: boolean, { width, height }: Size, options: TileOptions): Seen {
  const { weights } = options.network;
  const shape = [1, stage.channels, height, width];
  const taps = [...stage.taps.keys()];
  if (!first) {
    const x = input('map', shape);
    return { x, ...through(stage, x, weights, taps, options) };
  }
  const halo = options.soft ? 2 * SOFTEN_REACH : 0;
  const x = input('change', [1, 3, height + halo, width + halo]);
  const softened = options.soft ? softenInside(x) : x;
  const painted = options.masked ? mul(softened, input('painted', shape)) : softened;
  const picture = add(input('start', shape), painted);
  return { x, picture, ...through(stage, picture, weights, taps, options) };
}

function through(
  { layers }: Stage,
  x: Tensor,
  weights: TileOptions['network']['weights'],
  taps: readonly string[],
  { pooling }: TileOptions,
): Pick<Seen, 'maps' | 'end'> {
  // The last layer counts as a tap of its own, whatever its name.
  const END = '#end';
  const all = layers.map((layer, i) =>
    i === layers.length - 1 && !layer.tap ? { ...layer, tap: END } : layer,
  );
  const last = all.at(-1)?.tap as string;
  const maps = featureMaps(all, x, weights, [...taps, last], pooling);
  return { maps, end: maps.get(last) as Tensor };
}

/** The moments of the style taps among the maps, by name; or what frames them. */
function momentsOf(
  maps: ReadonlyMap<string, Tensor>,
  options: TileOptions,
  framing = false,
): Map<string, Tensor> {
  const loss = styleLosses[options.styleLoss];
  const found = new Map<string, Tensor>();
  for (const [tap, map] of maps) {
    if (!(tap in options.styleTaps)) continue;
    for (const region of (options.regionParts ?? [1]).keys()) {
      const { seen, shares } = styleView(map, tap, region, options);
      const sums = framing
        ? loss.frame(seen, shares)
        : loss.moments(seen, targetInputs(loss, seen, tap, region), shares);
      for (const [name, x] of Object.entries(sums)) found.set(moment(tap, name, region), x);
    }
  }
  return found;
}

/** A map as the style sees it, and how much its positions count for a region. */
export function styleView(map: Tensor, tap: string, region: number, options: TileOptions) {
  const seen = project(map, styleLosses[options.styleLoss].projects ? options.projection : 1);
  return { seen, shares: input(regionShares(tap, region), [1, positionsOf(seen)]) };
}

/**
 * A tile on the way up: its part of the moments (`moment <region> <tap> <name>`), and the `end` that it hands on.
 * @param framing whether it gives instead what has to be known of a style before
 */
export function forwardGraph(
  stage: Stage,
  first: boolean,
  size: Size,
  options: TileOptions,
  framing = false,
): Outputs {
  const { maps, end } = see(stage, first, size, options);
  return { ...Object.fromEntries(momentsOf(maps, options, framing)), end };
}

/** The feature maps of a tile at some taps, and the `end` that it hands on. */
export function featuresGraph(
  stage: Stage,
  first: boolean,
  taps: readonly string[],
  size: Size,
  options: TileOptions,
): Outputs {
  const { maps, end } = see(stage, first, size, options);
  return { ...Object.fromEntries(taps.map((tap) => [features(tap), maps.get(tap) as Tensor])), end };
}

/**
 * A tile on the way back. Given the gradients by the moments and by the `end`, it gives the `gradient` by what the stage was
 * given, and its part of the content's squared differences (`content <tap> sum`) and of the total variation (`tv`). A whole
 * stage makes the losses of its style taps by itself (`style`), from their targets.
 */
export function backwardGraph(
  stage: Stage,
  { first, last, whole }: Place,
  size: Size,
  options: TileOptions,
  weights: TermWeights,
): Outputs {
  const { x, picture, maps, end } = see(stage, first, size, options);
  const terms: Tensor[] = [];
  const outputs: Record<string, Tensor> = {};
  if (whole) {
    const loss = styleLosses[options.styleLoss];
    const style = styleTerms(options, (tap, region) => {
      const map = maps.get(tap);
      if (!map) return undefined;
      const { seen, shares } = styleView(map, tap, region, options);
      const target = targetInputs(loss, seen, tap, region);
      return { moments: loss.moments(seen, target, shares), target };
    });
    if (style.length > 0) {
      outputs.style = style.reduce(add);
      terms.push(scale(outputs.style, weights.styleWeight));
    }
  } else {
    for (const [name, value] of momentsOf(maps, options)) {
      terms.push(sum(mul(value, input(adjoint(name), value.shape))));
    }
  }
  for (const tap of Object.keys(options.contentTaps)) {
    const map = maps.get(tap);
    if (!map) continue;
    const positions = positionsOf(map);
    const difference = reshape(sub(map, input(contentTarget(tap), map.shape)), [
      map.shape[1] as number,
      positions,
    ]);
    const squares = sumSquares(mulRow(difference, input(counted(tap), [1, positions])));
    terms.push(mul(squares, input(contentFactor(tap), [])));
    outputs[contentSum(tap)] = squares;
  }
  if (!last) terms.push(sum(mul(end, input(adjoint('end'), end.shape))));
  if (picture) {
    const tv = add(steps(picture, 3, 'across'), steps(picture, 2, 'down'));
    terms.push(scale(tv, weights.tvWeight));
    outputs.tv = tv;
    outputs.picture = picture;
  }
  const [derivative] = gradient(terms.reduce(add), [x]);
  return { ...outputs, gradient: derivative as Tensor };
}

/** The squared differences of neighbours along an axis, of which each counts as much as the input `name` says. */
function steps(picture: Tensor, axis: number, name: string): Tensor {
  const size = picture.shape[axis] as number;
  const difference = sub(slice(picture, axis, 1, size), slice(picture, axis, 0, size - 1));
  const flat = reshape(difference, [3, elements(difference.shape) / 3]);
  return sum(mul(flat, mulRow(flat, input(name, [1, flat.shape[1] as number]))));
}
