import { constant, elements, operation, outputs, rank, scalar, type Tensor } from '../tensor.ts';
import { add, div, fill, mul, scale } from './arithmetic.ts';
import { eachChannelTimes, intoBlocks } from './blocks.ts';
import { conv2d } from './convolution.ts';
import { notNegative } from './selection.ts';
import { reshape, slice } from './shaping.ts';

export interface Window {
  readonly kernel: number;
  readonly stride: number;
  /** Positions around the maps, the same at all four edges, that `maxPool` ignores and `averagePool` counts as zero. */
  readonly padding?: number;
}

/**
 * The largest value in each window of the maps `[N, C, H, W]`; windows that reach over the end are left out.
 * Where windows do not overlap and several values share the maximum, they share its gradient: a flat sky must not
 * get it several times over.
 */
export function maxPool(x: Tensor, window: Window): Tensor {
  rank('maxPool', x, 4);
  if (overlaps(window)) return overlappingMaxPool(x, window);
  const { kernel } = window;
  const whole = cropToMultiple(x, kernel);
  return operation(pooledShape(whole, window), {
    operator: 'MaxPool',
    inputs: [whole],
    attributes: windowAttributes(window),
    gradient: (dy, y) => {
      const largest = notNegative(add(whole, upsample(eachChannelTimes(y, -1), kernel)));
      const count = scale(averagePool(largest, window), kernel * kernel);
      return [mul(upsample(intoBlocks(div(dy, count)), kernel), largest)];
    },
  });
}

/** Keeps where each maximum was found, and brings the gradient back there: a value may win in several windows. */
function overlappingMaxPool(x: Tensor, window: Window): Tensor {
  const shape = pooledShape(x, window);
  const [y, indices] = outputs(
    [
      { shape, type: 'float32' },
      { shape, type: 'int64' },
    ],
    {
      operator: 'MaxPool',
      inputs: [x],
      attributes: windowAttributes(window),
      gradient: (dy) => [reshape(scatterAdd(elements(x.shape), flat(indices as Tensor), flat(dy)), x.shape)],
    },
  );
  return y as Tensor;
}

/** A vector of zeros with values added at the given places. */
function scatterAdd(length: number, places: Tensor, values: Tensor): Tensor {
  return operation([length], {
    operator: 'ScatterElements',
    inputs: [fill(scalar(0), [length]), places, values],
    attributes: { axis: { int: 0 }, reduction: { string: 'add' } },
  });
}

function flat(x: Tensor): Tensor {
  return reshape(x, [elements(x.shape)]);
}

/** The mean of each window of the maps `[N, C, H, W]`; windows that reach over the end are left out. */
export function averagePool(x: Tensor, window: Window): Tensor {
  rank('averagePool', x, 4);
  const { kernel, stride, padding = 0 } = window;
  if (!overlaps(window)) {
    const whole = cropToMultiple(x, kernel);
    return operation(pooledShape(whole, window), {
      operator: 'AveragePool',
      inputs: [whole],
      attributes: windowAttributes(window),
      gradient: (dy) => [scale(upsample(dy, kernel), 1 / (kernel * kernel))],
    });
  }
  const shape = pooledShape(x, window);
  return operation(shape, {
    operator: 'AveragePool',
    inputs: [x],
    attributes: { ...windowAttributes(window), count_include_pad: { int: 1 } },
    gradient: (dy) => [spread(dy, x, { kernel, stride, padding })],
  });
}

/** The adjoint of an average over overlapping windows: each mean handed back in equal parts to what it was taken of. */
function spread(dy: Tensor, x: Tensor, { kernel, stride, padding }: Required<Window>): Tensor {
  const [, channels, height, width] = x.shape as [number, number, number, number];
  const [, , h, w] = dy.shape as [number, number, number, number];
  const share = new Float32Array(channels * kernel * kernel).fill(1 / (kernel * kernel));
  const rest = (length: number, from: number) => length - ((from - 1) * stride + kernel - 2 * padding);
  return operation(x.shape, {
    operator: 'ConvTranspose',
    inputs: [dy, constant(share, [channels, 1, kernel, kernel])],
    attributes: {
      ...windowAttributes({ kernel, stride, padding }),
      group: { int: channels },
      output_padding: { ints: [rest(height, h), rest(width, w)] },
    },
  });
}

/** Every `stride`-th position of the maps `[N, C, H, W]`, from the first on. */
export function subsample(x: Tensor, stride: number): Tensor {
  rank('subsample', x, 4);
  const [, channels, height, width] = x.shape as [number, number, number, number];
  const window = { kernel: 1, stride };
  return operation(pooledShape(x, window), {
    operator: 'MaxPool',
    inputs: [x],
    attributes: windowAttributes(window),
    gradient: (dy) => {
      const spread = slice(slice(upsample(dy, stride), 2, 0, height), 3, 0, width);
      return [mul(spread, comb(channels, height, width, stride))];
    },
  });
}

/**
 * Maps `[1, C, H, W]` that are 1 where `subsample` looks, and 0 elsewhere. A convolution spreads them over the channels at
 * each run, in blocks; folded, they would be a constant as large as the maps, in plain order.
 */
function comb(channels: number, height: number, width: number, stride: number): Tensor {
  const seen = Float32Array.from({ length: height * width }, (_, i) =>
    Math.floor(i / width) % stride === 0 && (i % width) % stride === 0 ? 1 : 0,
  );
  const ones = constant(new Float32Array(channels).fill(1), [channels, 1, 1, 1]);
  return conv2d(constant(seen, [1, 1, height, width], false), ones);
}

/** Repeats every value of the maps `[N, C, H, W]` in a square of `factor` by `factor`. */
export function upsample(x: Tensor, factor: number): Tensor {
  rank('upsample', x, 4);
  const [n, c, height, width] = x.shape as [number, number, number, number];
  const region = constant(new Float32Array(0), [0]);
  return operation([n, c, height * factor, width * factor], {
    operator: 'Resize',
    inputs: [x, region, constant(Float32Array.of(1, 1, factor, factor), [4])],
    attributes: {
      mode: { string: 'nearest' },
      coordinate_transformation_mode: { string: 'asymmetric' },
      nearest_mode: { string: 'floor' },
    },
    gradient: (dy) => [scale(averagePool(dy, { kernel: factor, stride: factor }), factor * factor)],
  });
}

function overlaps({ kernel, stride, padding = 0 }: Window): boolean {
  return kernel !== stride || padding > 0;
}

function cropToMultiple(x: Tensor, factor: number): Tensor {
  const [, , height, width] = x.shape as [number, number, number, number];
  return slice(slice(x, 2, 0, height - (height % factor)), 3, 0, width - (width % factor));
}

function pooledShape(x: Tensor, { kernel, stride, padding = 0 }: Window): number[] {
  const [n, c, height, width] = x.shape as [number, number, number, number];
  const size = (length: number) => Math.floor((length + 2 * padding - kernel) / stride) + 1;
  return [n, c, size(height), size(width)];
}

function windowAttributes({ kernel, stride, padding = 0 }: Window) {
  return {
    kernel_shape: { ints: [kernel, kernel] },
    strides: { ints: [stride, stride] },
    pads: { ints: [padding, padding, padding, padding] },
  };
}
