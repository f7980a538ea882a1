import { UserError } from '../errors.ts';
import { addToChannels, constant, conv2d, type Tensor } from '../graph/index.ts';
import type { Weights, WeightTensor } from '../weights/weights.ts';

/** One convolution of a network: its arrays are `<name>.weight` `[out, in, kernel, kernel]` and `<name>.bias` `[out]`. */
export interface Convolution {
  readonly name: string;
  readonly in: number;
  readonly out: number;
  readonly kernel: number;
}

/** A feature map that losses can look at. */
export interface Tap {
  readonly name: string;
  readonly channels: number;
  /** Pixels of the picture per position of the map, in either direction. */
  readonly stride: number;
  /** How many of the network's convolutions, in their order, lead up to it. */
  readonly depth: number;
}

export type Pooling = 'max' | 'avg';

/**
 * A part of a network that hands on one feature map. Position i of what it gives depends on the positions from `stride i - reach`
 * to `stride i + stride - 1 + reach` of what it is given, in either direction.
 */
export interface Layer {
  /** The tap that follows it, if there is one. */
  readonly tap?: string;
  /** Channels that it gives. */
  readonly channels: number;
  readonly stride: number;
  readonly reach: number;
  /** @param x `[1, C, H, W]`; for the first layer a picture, RGB in [0,1] */
  apply(x: Tensor, weights: Weights, pooling: Pooling): Tensor;
}

/** A convolutional network as data. */
export interface Architecture {
  readonly name: string;
  /** For people, as in `VGG-19 (Simonyan & Zisserman 2014)`. */
  readonly title: string;
  /** In the order of the network. Batch normalisation is folded into them. */
  readonly convolutions: readonly Convolution[];
  /** From early to late. */
  readonly taps: readonly Tap[];
  /** Other names of taps, as in `conv4_2` and `relu4_2` for `block4_conv2`. */
  readonly aliases: ReadonlyMap<string, string>;
  /** The pooling that the network was trained with. */
  readonly pooling: Pooling;
  /** From the picture on. */
  readonly layers: readonly Layer[];
}

/**
 * Builds layers as far as the latest of the wanted taps.
 * @param x what the first of the layers is given
 * @param taps canonical names of taps among the layers
 * @returns the wanted feature maps `[1, C, h, w]`, after their ReLU
 */
export function featureMaps(
  layers: readonly Layer[],
  x: Tensor,
  weights: Weights,
  taps: readonly string[],
  pooling: Pooling,
): Map<string, Tensor> {
  const found = new Map<string, Tensor>();
  const missing = new Set(taps);
  let map = x;
  for (const { tap, apply } of layers) {
    if (missing.size === 0) break;
    map = apply(map, weights, pooling);
    if (tap !== undefined && missing.delete(tap)) found.set(tap, map);
  }
  return found;
}

/**
 * The canonical name of a tap.
 * @throws UserError naming the taps there are
 */
export function canonicalTap(architecture: Architecture, name: string): string {
  const canonical = architecture.aliases.get(name) ?? name;
  if (architecture.taps.some((tap) => tap.name === canonical)) return canonical;
  const names = architecture.taps.map((tap) => tap.name).join(', ');
  throw new UserError(`${architecture.name} has no tap "${name}"; its taps are ${names}.`);
}

/**
 * The tap of that canonical name.
 * @throws Error when there is none
 */
export function tapNamed({ name: network, taps }: Architecture, name: string): Tap {
  const found = taps.find((tap) => tap.name === name);
  if (!found) throw new Error(`${network} has no tap "${name}".`);
  return found;
}

/** The names of the convolutions that lead up to the latest of the taps. */
export function convolutionsFor(architecture: Architecture, taps: readonly string[]): string[] {
  const depths = architecture.taps.filter(({ name }) => taps.includes(name)).map(({ depth }) => depth);
  return architecture.convolutions.slice(0, Math.max(0, ...depths)).map(({ name }) => name);
}

/** The arrays that a network needs, with their shapes. */
export function parameterShapes(architecture: Architecture): Map<string, number[]> {
  return new Map(
    architecture.convolutions.flatMap(({ name, in: input, out, kernel }): [string, number[]][] => [
      [`${name}.weight`, [out, input, kernel, kernel]],
      [`${name}.bias`, [out]],
    ]),
  );
}

/**
 * Checks that the weights are this network's: every array there, of the right shape, all values finite.
 * @param origin what to call the weights in the message, as in `the file vgg.h5`
 * @throws UserError naming the first array that is wrong
 */
export function checkWeights(architecture: Architecture, weights: Weights, origin: string): void {
  for (const [name, shape] of parameterShapes(architecture)) {
    const found = weights.get(name);
    if (!found) throw new UserError(`${origin} is no ${architecture.name}: it has no array "${name}".`);
    if (found.shape.join() !== shape.join()) {
      throw new UserError(
        `${origin} is no ${architecture.name}: "${name}" should be [${shape.join(', ')}] but is [${found.shape.join(', ')}].`,
      );
    }
    if (!allFinite(found.data)) {
      throw new UserError(
        `${origin} is damaged: "${name}" holds values that are not finite numbers; get the file anew.`,
      );
    }
  }
}

/** Zero times anything finite is zero, and anything else makes the sum NaN: a tenth of the time of asking each value. */
function allFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += 0 * (values[i] as number);
  return sum === 0;
}

/** Applies the named convolution with its bias; zero padding keeps the size at stride 1. */
export function convolve(x: Tensor, weights: Weights, name: string, stride = 1): Tensor {
  return convolveBy(x, arraysOf(weights, name), stride);
}

/** Takes the means of ImageNet away, RGB in [0,1]. */
const CENTER = [-123.68, -116.779, -103.939].map((value) => value / 255);

/**
 * Applies the first convolution of a network trained in Caffe to a picture, RGB in [0,1]. Such networks expect BGR times 255, with
 * the means subtracted. Here the kernels take on order and factor, which costs nothing at each run.
 */
export function convolvePicture(picture: Tensor, weights: Weights, name: string, stride = 1): Tensor {
  const { weight, bias } = arraysOf(weights, name);
  const area = (weight.shape[2] as number) ** 2;
  const data = weight.data.map((_, i) => {
    const channel = Math.floor(i / area) % 3;
    return 255 * (weight.data[i + (2 - 2 * channel) * area] as number);
  });
  const centered = addToChannels(picture, constant(Float32Array.from(CENTER), [3]));
  return convolveBy(centered, { weight: { ...weight, data }, bias }, stride);
}

interface Arrays {
  readonly weight: WeightTensor;
  readonly bias: WeightTensor;
}

function convolveBy(x: Tensor, { weight, bias }: Arrays, stride: number): Tensor {
  const padding = Math.floor((weight.shape[2] as number) / 2);
  return conv2d(x, constant(weight.data, weight.shape), constant(bias.data, bias.shape), { stride, padding });
}

function arraysOf(weights: Weights, name: string): Arrays {
  const weight = weights.get(`${name}.weight`);
  const bias = weights.get(`${name}.bias`);
  if (!weight || !bias)
    throw new UserError(`The weights have no arrays "${name}.weight" and "${name}.bias".`);
  return { weight, bias };
}
