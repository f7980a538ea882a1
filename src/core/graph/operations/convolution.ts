import { constant, mismatch, operation, rank, ShapeError, show, type Tensor } from '../tensor.ts';

export interface ConvolutionOptions {
  readonly stride?: number;
  /** Zeros around the maps, the same at all four edges. */
  readonly padding?: number;
}

/**
 * Two-dimensional convolution of `[N, C, H, W]` with constant weights `[O, C, k, k]` and a constant bias `[O]`.
 *
 * The weights are frozen: there is a gradient for `x` alone. At stride 1 it is again a convolution, with the kernels
 * turned by half a turn and the roles of the channels exchanged, which engines run faster than `ConvTranspose`.
 */
export function conv2d(x: Tensor, weight: Tensor, bias?: Tensor, options: ConvolutionOptions = {}): Tensor {
  const { stride = 1, padding = 0 } = options;
  rank('conv2d', x, 4);
  rank('conv2d', weight, 4);
  const [n, channels, height, width] = x.shape as [number, number, number, number];
  const [out, weightChannels, kernel, kernelWidth] = weight.shape as [number, number, number, number];
  if (channels !== weightChannels || kernel !== kernelWidth) throw mismatch('conv2d', x, weight);
  if (bias && bias.shape.join() !== `${out}`) throw mismatch('conv2d', weight, bias);
  const size = (length: number) => Math.floor((length + 2 * padding - kernel) / stride) + 1;
  const shape = [n, out, size(height), size(width)];
  if (size(height) < 1 || size(width) < 1) throw mismatch('conv2d', x, weight);

  const gradient = (dy: Tensor): Tensor => {
    if (stride === 1 && padding < kernel)
      return conv2d(dy, turned(weight), undefined, { padding: kernel - 1 - padding });
    return transposedConv2d(dy, weight, { stride, padding, height, width });
  };
  return operation(shape, {
    operator: 'Conv',
    inputs: bias ? [x, weight, bias] : [x, weight],
    attributes: convolutionAttributes(kernel, stride, [padding, padding, padding, padding]),
    gradient: (dy) => [gradient(dy), undefined, undefined],
  });
}

/** The adjoint of a strided convolution: from `[N, O, h, w]` back to `[N, C, height, width]`. */
function transposedConv2d(
  dy: Tensor,
  weight: Tensor,
  { stride, padding, height, width }: { stride: number; padding: number; height: number; width: number },
): Tensor {
  const [n, , h, w] = dy.shape as [number, number, number, number];
  const [, channels, kernel] = weight.shape as [number, number, number];
  // Where the stride does not divide the size, the convolution never saw the last rows and columns.
  const rest = (length: number, from: number) => length - ((from - 1) * stride + kernel - 2 * padding);
  const attributes = convolutionAttributes(kernel, stride, [padding, padding, padding, padding]);
  return operation([n, channels, height, width], {
    operator: 'ConvTranspose',
    inputs: [dy, weight],
    attributes: { ...attributes, output_padding: { ints: [rest(height, h), rest(width, w)] } },
    gradient: (ddx) => [conv2d(ddx, weight, undefined, { stride, padding }), undefined],
  });
}

function convolutionAttributes(kernel: number, stride: number, pads: readonly number[]) {
  return {
    kernel_shape: { ints: [kernel, kernel] },
    strides: { ints: [stride, stride] },
    pads: { ints: pads },
  };
}

const turnedWeights = new WeakMap<Float32Array, Tensor>();

/** Weights `[O, C, k, k]` as `[C, O, k, k]`, each kernel turned by half a turn. */
function turned(weight: Tensor): Tensor {
  const { producer } = weight;
  if (producer.kind !== 'constant' || !(producer.data instanceof Float32Array)) {
    throw new ShapeError(`conv2d: the weights ${show(weight.shape)} must be a constant`);
  }
  const data = producer.data;
  const [out, channels, kernel] = weight.shape as [number, number, number];
  const known = turnedWeights.get(data);
  if (known?.shape[0] === channels && known.shape[1] === out) return known;
  const area = kernel * kernel;
  const result = new Float32Array(data.length);
  for (let o = 0; o < out; o++) {
    for (let c = 0; c < channels; c++) {
      const from = (o * channels + c) * area;
      const to = (c * out + o) * area;
      for (let i = 0; i < area; i++) result[to + area - 1 - i] = data[from + i] as number;
    }
  }
  const tensor = constant(result, [channels, out, kernel, kernel]);
  turnedWeights.set(data, tensor);
  return tensor;
}
