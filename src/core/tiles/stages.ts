import { input } from '../graph/index.ts';
import type { Architecture, Layer, Pooling } from '../networks/index.ts';
import type { Size } from '../picture/picture.ts';
import type { Weights } from '../weights/weights.ts';
import type { Reach } from './axis.ts';

/**
 * A part of a network, from one feature map, or the picture, to the next that is kept whole. The fewer layers a stage has,
 * the less its tiles overlap.
 */
export interface Stage extends Reach {
  readonly layers: readonly Layer[];
  /** Channels of what it is given. */
  readonly channels: number;
  /** Positions of what the stage is given per position of each of its taps. */
  readonly taps: ReadonlyMap<string, number>;
}

/**
 * The network as far as its last wanted tap, cut after some of its layers.
 * @param cuts numbers of layers before each cut, growing
 */
export function stagesOf(
  architecture: Architecture,
  wanted: readonly string[],
  cuts: readonly number[],
): Stage[] {
  const last = architecture.layers.findLastIndex(({ tap }) => tap !== undefined && wanted.includes(tap));
  const bounds = [0, ...cuts.filter((cut) => cut <= last), last + 1];
  return bounds.slice(1).map((end, i) => {
    const begin = bounds[i] as number;
    return stage(
      architecture.layers.slice(begin, end),
      architecture.layers[begin - 1]?.channels ?? 3,
      wanted,
    );
  });
}

function stage(layers: readonly Layer[], channels: number, wanted: readonly string[]): Stage {
  const taps = new Map<string, number>();
  let [stride, reach] = [1, 0];
  for (const layer of layers) {
    reach += layer.reach * stride;
    stride *= layer.stride;
    if (layer.tap !== undefined && wanted.includes(layer.tap)) taps.set(layer.tap, stride);
  }
  return { layers, channels, taps, stride, reach };
}

/** The sizes of a stage's feature maps, for what it is given of that size: of its taps, and of what it hands on. */
export function mapSizesOf(
  { layers, channels, taps }: Stage,
  { width, height }: Size,
  weights: Weights,
  pooling: Pooling,
): { readonly taps: ReadonlyMap<string, Size>; readonly end: Size } {
  let map = input('x', [1, channels, height, width]);
  const sizes = new Map<string, Size>();
  const size = () => ({ height: map.shape[2] as number, width: map.shape[3] as number });
  for (const { tap, apply } of layers) {
    map = apply(map, weights, pooling);
    if (tap !== undefined && taps.has(tap)) sizes.set(tap, size());
  }
  return { taps: sizes, end: size() };
}
