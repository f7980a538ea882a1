import { add, averagePool, maxPool, relu, subsample, type Tensor } from '../graph/index.ts';
import type { Weights } from '../weights/weights.ts';
import {
  type Architecture,
  type Convolution,
  convolve,
  convolvePicture,
  type Layer,
  type Tap,
} from './architecture.ts';

interface Block {
  readonly name: string;
  readonly stride: number;
  /** Whether a convolution, instead of the identity, carries the input past the block. */
  readonly projects: boolean;
}

/**
 * ResNet-50 (He et al. 2015) as in Keras: bottleneck blocks whose stride sits on the first 1x1 convolutions. Taps
 * are `conv1`, the stem after its ReLU, and `2a` to `5c`, each block after the ReLU that ends it.
 */
function resnet(name: string, title: string, depths: readonly number[]): Architecture {
  const convolutions: Convolution[] = [{ name: 'conv1', in: 3, out: 64, kernel: 7 }];
  const taps: Tap[] = [{ name: 'conv1', channels: 64, stride: 2, depth: 1 }];
  const blocks: Block[] = [];
  let channels = 64;
  depths.forEach((depth, index) => {
    const width = 64 * 2 ** index;
    for (let i = 0; i < depth; i++) {
      const block = `${index + 2}${String.fromCharCode(97 + i)}`;
      blocks.push({ name: block, stride: i === 0 && index > 0 ? 2 : 1, projects: i === 0 });
      convolutions.push(
        { name: `${block}_branch2a`, in: channels, out: width, kernel: 1 },
        { name: `${block}_branch2b`, in: width, out: width, kernel: 3 },
        { name: `${block}_branch2c`, in: width, out: 4 * width, kernel: 1 },
      );
      if (i === 0) convolutions.push({ name: `${block}_branch1`, in: channels, out: 4 * width, kernel: 1 });
      channels = 4 * width;
      taps.push({ name: block, channels, stride: 4 * 2 ** index, depth: convolutions.length });
    }
  });

  function bottleneck(x: Tensor, weights: Weights, { name: block, stride, projects }: Block): Tensor {
    // A 1x1 convolution with a stride sees every other position only.
    const seen = stride > 1 ? subsample(x, stride) : x;
    let y = relu(convolve(seen, weights, `${block}_branch2a`));
    y = relu(convolve(y, weights, `${block}_branch2b`));
    y = convolve(y, weights, `${block}_branch2c`);
    return relu(add(y, projects ? convolve(seen, weights, `${block}_branch1`) : x));
  }

  const stem: Layer = {
    tap: 'conv1',
    channels: 64,
    stride: 2,
    reach: 3,
    apply: (image, weights) => relu(convolvePicture(image, weights, 'conv1', 2)),
  };
  const pool: Layer = {
    channels: 64,
    stride: 2,
    reach: 1,
    apply(x, _, pooling) {
      const window = { kernel: 3, stride: 2, padding: 1 };
      return pooling === 'max' ? maxPool(x, window) : averagePool(x, window);
    },
  };
  const layers = [
    stem,
    pool,
    ...blocks.map(
      (block, i): Layer => ({
        tap: block.name,
        channels: (taps[i + 1] as Tap).channels,
        stride: block.stride,
        reach: block.stride,
        apply: (x, weights) => bottleneck(x, weights, block),
      }),
    ),
  ];

  return { name, title, convolutions, taps, aliases: new Map(), pooling: 'max', layers };
}

export const resnet50 = resnet('resnet50', 'ResNet-50 (He et al. 2015), ImageNet', [3, 4, 6, 3]);
