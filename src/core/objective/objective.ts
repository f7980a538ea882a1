import {
  add,
  constant,
  crop,
  type Edges,
  gradient,
  input,
  mul,
  type Outputs,
  padEdges,
  scalar,
  scale,
  type Tensor,
} from '../graph/index.ts';
import {
  contentLoss,
  project,
  type StyleLossName,
  styleLosses,
  styleStatisticsOf,
  totalVariation,
} from '../losses/index.ts';
import { type Architecture, featureMaps as networkMaps, type Pooling } from '../networks/index.ts';
import type { Size } from '../picture/picture.ts';
import type { Weights } from '../weights/weights.ts';
import { precondition, sharesShape, windowShares } from './precondition.ts';
import { soften } from './soften.ts';
import { positionsOf, styleTerms, targetInputs } from './style.ts';

/** A network that can be run: its architecture and its arrays. */
export interface Network {
  readonly architecture: Architecture;
  readonly weights: Weights;
}

/** Tap names with the weight of each. */
export type TapWeights = Readonly<Record<string, number>>;

/** How a picture is looked at: which network, and what it sees beyond the edges. */
export interface View {
  readonly network: Network;
  readonly pooling: Pooling;
  /**
   * Pixels by which the picture is continued outwards before the network sees it; the same border is taken off the
   * feature maps. Without it the zero padding of the convolutions counts as a dark frame, and is painted as one.
   */
  readonly margin: number;
  /** By what: its mirror image, or its other side. */
  readonly edges: Edges;
  /** The share of a map's channels onto which it is projected before its Gram matrix is taken (see `project`). */
  readonly projection: number;
  /** What styles are measured by. */
  readonly styleLoss: StyleLossName;
}

export interface ObjectiveOptions extends View, Size {
  readonly contentTaps: TapWeights;
  readonly styleTaps: TapWeights;
  readonly contentWeight: number;
  readonly styleWeight: number;
  readonly tvWeight: number;
  readonly losses: 'relative' | 'classic';
  /** Whether the changes to the picture are softened (see `soften`). */
  readonly soft: boolean;
  /** Whether what is optimised is the change as `precondition` sees it. */
  readonly preconditioned?: boolean;
  /** Where the content is painted in styles of their own, the part of each region; left out where all is one region. */
  readonly regionParts?: readonly number[];
  /** Whether only a part of the picture is changed. */
  readonly masked?: boolean;
}

/** Names of the inputs and outputs of the graphs below. */
export const contentTarget = (tap: string) => `content ${tap}`;
export const styleTarget = (tap: string, statistic = 'gram', region = 0) =>
  ofRegion(statistic === 'gram' ? `style ${tap}` : `style ${tap} ${statistic}`, region);
/** The name of a target, which `styleStatistics` gives for the first region, for another one. */
export const ofRegion = (target: string, region: number) =>
  region === 0 ? target : `${target} of region ${region}`;
export const regionShares = (tap: string, region = 0) => `region ${region} ${tap}`;
export const features = (tap: string) => `features ${tap}`;

/**
 * The graph of a painting's objective. What is optimised is `change` `[1, 3, H, W]`, by which the picture departs
 * from `start`, of the same shape. Targets are inputs too: `content <tap>`, a feature map, and `style <tap>`, a Gram
 * matrix, or what else the style loss keeps of a style (`style <tap> mean`). With regions there is a target for each, and how
 * much each position counts for it, `region <number> <tap>` (Gatys et al. 2017, *Controlling perceptual factors in neural style
 * transfer*); where only a part is painted, `painted` `[1, 3, H, W]` says how far each pixel may change. Out come the
 * `picture`, the losses `content`, `style`, `tv`, their weighted sum `total`, and `gradient`, the derivative of `total` by
 * `change`.
 */
export function objective(options: ObjectiveOptions): Outputs {
  const { contentTaps, styleTaps, losses } = options;
  const shape = [1, 3, options.height, options.width];
  const change = input('change', shape);
  const moved = options.preconditioned
    ? precondition(change, constant(windowShares(options), sharesShape(options)))
    : change;
  const softened = options.soft ? soften(moved, options.edges) : moved;
  const painted = options.masked ? mul(softened, input('painted', shape)) : softened;
  const picture = add(input('start', shape), painted);
  const { maps, styleMaps } = featureMaps(picture, options, [
    ...Object.keys(contentTaps),
    ...Object.keys(styleTaps),
  ]);

  const content = mean(contentTaps, (tap) => {
    const found = maps(tap);
    const form = losses === 'relative' ? 'relative' : 'squared';
    return contentLoss(found, input(contentTarget(tap), found.shape), form);
  });
  const loss = styleLosses[options.styleLoss];
  const terms = styleTerms(options, (tap, region) => {
    const found = styleMaps(tap);
    const shares = options.regionParts && input(regionShares(tap, region), [1, positionsOf(found)]);
    const target = targetInputs(loss, found, tap, region);
    return { moments: loss.moments(found, target, shares), target };
  });
  const style = terms.reduce(add, scalar(0));
  const tv = totalVariation(options.edges === 'wrap' ? padEdges(picture, 1, 'wrap') : picture);
  const total = add(
    add(scale(content, options.contentWeight), scale(style, options.styleWeight)),
    scale(tv, options.tvWeight),
  );
  const [derivative] = gradient(total, [change]);
  return { picture, content, style, tv, total, gradient: derivative as Tensor };
}

/**
 * The graph of a style picture's statistics: from `picture` to those of each tap, named as targets.
 * @param guided whether positions count as `region 0 <tap>` says
 */
export function styleStatistics(view: View & Size, taps: readonly string[], guided = false): Outputs {
  const { styleMaps } = featureMaps(input('picture', [1, 3, view.height, view.width]), view, taps);
  return Object.fromEntries(
    taps.flatMap((tap) => {
      const maps = styleMaps(tap);
      const shares = guided ? input(regionShares(tap), [1, positionsOf(maps)]) : undefined;
      return Object.entries(styleStatisticsOf(styleLosses[view.styleLoss], maps, shares)).map(([name, x]) => [
        styleTarget(tap, name),
        x,
      ]);
    }),
  );
}

/** The graph of what the network makes of a picture: from `picture` to the feature map `features <tap>` of each tap. */
export function pictureFeatures(view: View & Size, taps: readonly string[]): Outputs {
  const { maps } = featureMaps(input('picture', [1, 3, view.height, view.width]), view, taps);
  return Object.fromEntries(taps.map((tap) => [features(tap), maps(tap)]));
}

/** The sizes of a picture's feature maps at the taps, as losses see them. */
export function mapSizes(view: View & Size, taps: readonly string[]): Map<string, Size> {
  const { maps } = featureMaps(input('picture', [1, 3, view.height, view.width]), view, taps);
  return new Map(
    taps.map((tap) => {
      const [, , height, width] = maps(tap).shape as [number, number, number, number];
      return [tap, { width, height }];
    }),
  );
}

interface Maps {
  /** The feature maps at a tap, without what the margin added. */
  readonly maps: (tap: string) => Tensor;
  /** The same as the style sees them. */
  readonly styleMaps: (tap: string) => Tensor;
}

/** What the network makes of a picture at the given taps. */
function featureMaps(picture: Tensor, view: View, taps: readonly string[]): Maps {
  const { architecture, weights } = view.network;
  const [, , height, width] = picture.shape as [number, number, number, number];
  const margin = Math.min(view.margin, height, width);
  const seen = padEdges(picture, margin, view.edges);
  const maps = networkMaps(architecture.layers, seen, weights, taps, view.pooling);
  const strides = new Map(architecture.taps.map((tap) => [tap.name, tap.stride]));
  const share = styleLosses[view.styleLoss].projects ? view.projection : 1;
  const inner = (x: Tensor, tap: string) => crop(x, Math.floor(margin / (strides.get(tap) as number)));
  return {
    maps: (tap) => inner(maps.get(tap) as Tensor, tap),
    styleMaps: (tap) => inner(project(maps.get(tap) as Tensor, share), tap),
  };
}

/** The mean of a loss over taps, by their weights; zero where there is no tap. */
function mean(taps: TapWeights, loss: (tap: string) => Tensor): Tensor {
  const entries = Object.entries(taps);
  const sum = entries.reduce((total, [, weight]) => total + weight, 0);
  return entries.map(([tap, weight]) => scale(loss(tap), weight / sum)).reduce(add, scalar(0));
}
