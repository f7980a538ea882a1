import { averagePool, maxPool, relu, type Tensor } from '../graph/index.ts';
import type { Weights } from '../weights/weights.ts';
import {
  type Architecture,
  type Convolution,
  caffePreprocess,
  convolve,
  type Pooling,
  type Tap,
} from './architecture.ts';

/**
 * A VGG network (Simonyan & Zisserman 2014): blocks of 3x3 convolutions with ReLU, halved by 2x2 pooling between
 * blocks. Taps carry Keras' names (`block4_conv2`); the paper's `conv4_2` and `relu4_2` mean the same map.
 *
 * @param depths convolutions in each block
 * @param widths channels of each block
 */
export function vgg(
  name: string,
  title: string,
  depths: readonly number[],
  widths: readonly number[] = [64, 128, 256, 512, 512],
): Architecture {
  const convolutions: Convolution[] = [];
  const taps: Tap[] = [];
  const aliases = new Map<string, string>();
  let channels = 3;
  depths.forEach((depth, block) => {
    for (let i = 1; i <= depth; i++) {
      const tap = `block${block + 1}_conv${i}`;
      const out = widths[block] as number;
      convolutions.push({ name: tap, in: channels, out, kernel: 3 });
      taps.push({ name: tap, channels: out, stride: 2 ** block, depth: convolutions.length });
      aliases.set(`conv${block + 1}_${i}`, tap).set(`relu${block + 1}_${i}`, tap);
      channels = out;
    }
  });

  function featureMaps(image: Tensor, weights: Weights, wanted: readonly string[], pooling: Pooling) {
    const found = new Map<string, Tensor>();
    let x = caffePreprocess(image);
    let stride = 1;
    for (const tap of taps) {
      if (found.size === new Set(wanted).size) break;
      if (tap.stride > stride) {
        x =
          pooling === 'max' ? maxPool(x, { kernel: 2, stride: 2 }) : averagePool(x, { kernel: 2, stride: 2 });
        stride = tap.stride;
      }
      x = relu(convolve(x, weights, tap.name));
      if (wanted.includes(tap.name)) found.set(tap.name, x);
    }
    return found;
  }

  return { name, title, convolutions, taps, aliases, pooling: 'max', featureMaps };
}

export const vgg19 = vgg('vgg19', 'VGG-19 (Simonyan & Zisserman 2014), ImageNet', [2, 2, 4, 4, 4]);
export const vgg16 = vgg('vgg16', 'VGG-16 (Simonyan & Zisserman 2014), ImageNet', [2, 2, 3, 3, 3]);
