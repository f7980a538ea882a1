import { averagePool, maxPool, relu, type Tensor } from '../graph/index.ts';
import type { Weights } from '../weights/weights.ts';
import {
  type Architecture,
  type Convolution,
  convolve,
  convolvePicture,
  type Layer,
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
  const layers: Layer[] = [];
  let channels = 3;
  depths.forEach((depth, block) => {
    if (block > 0) layers.push({ channels, stride: 2, reach: 0, apply: halve });
    for (let i = 1; i <= depth; i++) {
      const tap = `block${block + 1}_conv${i}`;
      const out = widths[block] as number;
      convolutions.push({ name: tap, in: channels, out, kernel: 3 });
      taps.push({ name: tap, channels: out, stride: 2 ** block, depth: convolutions.length });
      layers.push({
        tap,
        channels: out,
        stride: 1,
        reach: 1,
        apply: (x, weights) => {
          const apply = layers[0]?.tap === tap ? convolvePicture : convolve;
          return relu(apply(x, weights, tap));
        },
      });
      aliases.set(`conv${block + 1}_${i}`, tap).set(`relu${block + 1}_${i}`, tap);
      channels = out;
    }
  });

  return { name, title, convolutions, taps, aliases, pooling: 'max', layers };
}

/** The 2x2 pooling between blocks. */
function halve(x: Tensor, _: Weights, pooling: Pooling): Tensor {
  const window = { kernel: 2, stride: 2 };
  return pooling === 'max' ? maxPool(x, window) : averagePool(x, window);
}

export const vgg19 = vgg('vgg19', 'VGG-19 (Simonyan & Zisserman 2014), ImageNet', [2, 2, 4, 4, 4]);
export const vgg16 = vgg('vgg16', 'VGG-16 (Simonyan & Zisserman 2014), ImageNet', [2, 2, 3, 3, 3]);
