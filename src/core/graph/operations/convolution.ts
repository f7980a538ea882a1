import { transposeInto } from '../../vector.ts';
import { constant, mismatch, operation, rank, ShapeError, show, type Tensor } from '../tensor.ts';
import { depthToSpace, reshape, slice, zeroPad } from './shaping.ts';
import { convolveByProducts, paysAsProducts } from './winograd.ts';

export interface ConvolutionOptions {
  readonly stride?: number;
  /** Zeros around the maps: the same at all four edges, or at the top, left, bottom and right. */
  readonly padding?: number | Edges;
  /** Parts of the channels, before and after, that are convolved each by itself; 1 when left out. At stride 1 only. */
  readonly groups?: number;
}

type Edges = readonly [top: number, left: number, bottom: number, right: number];

/**
 * Two-dimensional convolution of `[N, C, H, W]` with constant weights `[O, C / groups, k, k]` and a constant bias `[O]`.
 *
 * The weights are frozen: there is a gradient for `x` alone. It is again a convolution, which engines run much faster
 * than `ConvTranspose` (see `backwards`).
 */
export function conv2d(x: Tensor, weight: Tensor, bias?: Tensor, options: ConvolutionOptions = {}): Tensor {
  const { stride = 1, padding = 0, groups = 1 } = options;
  const edges: Edges = typeof padding === 'number' ? [padding, padding, padding, padding] : padding;
  rank('conv2d', x, 4);
  rank('conv2d', weight, 4);
  const [n, channels, height, width] = x.shape as [number, number, number, number];
  const [out, weightChannels, kernel, kernelWidth] = weight.shape as [number, number, number, number];
  if (channels !== groups * weightChannels || kernel !== kernelWidth || out % groups !== 0)
    throw mismatch('conv2d', x, weight);
  if (groups > 1 && stride > 1) throw new ShapeError('conv2d: groups of channels are for stride 1');
  if (bias && bias.shape.join() !== `${out}`) throw mismatch('conv2d', weight, bias);
  const [top, left, bottom, right] = edges;
  if (Math.max(top, left) >= kernel) {
    const padded = zeroPad(zeroPad(x, 2, top, bottom), 3, left, right);
    return conv2d(padded, weight, bias, { stride, groups });
  }
  const steps = (length: number) => Math.floor((length - kernel) / stride) + 1;
  const shape = [n, out, steps(height + top + bottom), steps(width + left + right)];
  if (shape.some((size) => size < 1)) throw mismatch('conv2d', x, weight);
  const dx = (dy: Tensor) => backwards(dy, weight, { stride, groups, top, left, height, width });
  const size = { height: shape[2] as number, width: shape[3] as number };
  if (n === 1 && kernel === 3 && stride === 1 && groups === 1 && paysAsProducts(channels, out, size)) {
    const y = convolveByProducts(x, weight, size, { top, left }, dx);
    return bias ? addToChannels(y, bias) : y;
  }

  return operation(shape, {
    operator: 'Conv',
    inputs: bias ? [x, weight, bias] : [x, weight],
    attributes: {
      kernel_shape: { ints: [kernel, kernel] },
      strides: { ints: [stride, stride] },
      pads: { ints: edges },
      ...(groups > 1 && { group: { int: groups } }),
    },
    gradient: (dy) => [dx(dy), undefined, undefined],
  });
}

/** Maps `[N, C, H, W]` with a constant `[C]` added to each channel. */
export function addToChannels(x: Tensor, values: Tensor): Tensor {
  rank('addToChannels', x, 4);
  if (values.shape.join() !== `${x.shape[1]}`) throw mismatch('addToChannels', x, values);
  const shape = [1, x.shape[1] as number, 1, 1];
  return operation(x.shape, {
    operator: 'Add',
    inputs: [x, reshape(values, shape)],
    gradient: (dy) => [dy, undefined],
  });
}

/**
 * The adjoint of a convolution without bias: from what `conv2d` gives back to maps `[N, C, height, width]`, the shape of what it
 * was given.
 */
export function conv2dAdjoint(
  y: Tensor,
  weight: Tensor,
  { width, height }: { readonly width: number; readonly height: number },
  { stride = 1, padding = 0, groups = 1 }: ConvolutionOptions = {},
): Tensor {
  const [top, left] = typeof padding === 'number' ? [padding, padding] : padding;
  return backwards(y, weight, { stride, groups, top, left, height, width });
}

interface Forwards {
  readonly stride: number;
  readonly groups: number;
  readonly top: number;
  readonly left: number;
  /** The size of the maps that were convolved. */
  readonly height: number;
  readonly width: number;
}

/**
 * The gradient of a convolution: from `[N, O, h, w]` back to `[N, C, height, width]`.
 *
 * At stride s, the positions of x fall into s by s phases by their place in the stride. Each phase is reached by every
 * s-th value of the kernels only, and all phases come out of one convolution with s s C channels, laid out in squares
 * afterwards. At stride 1 that is the convolution with kernels turned by half a turn.
 */
function backwards(
  dy: Tensor,
  weight: Tensor,
  { stride, groups, top, left, height, width }: Forwards,
): Tensor {
  const [, , h, w] = dy.shape as [number, number, number, number];
  const kernel = weight.shape[2] as number;
  const rows = reach(kernel, stride, top);
  const columns = reach(kernel, stride, left);
  const size = Math.max(rows.size, columns.size);
  const after = (length: number, from: number, before: number) =>
    Math.max(0, Math.ceil(length / stride) - from - before + size - 1);
  const padding: Edges = [
    rows.before,
    columns.before,
    after(height, h, rows.before),
    after(width, w, columns.before),
  ];
  const kernels = phaseKernels(weight, { stride, groups, top, left, size });
  const phases = conv2d(dy, kernels, undefined, { padding, groups });
  const dx = depthToSpace(phases, stride);
  return slice(slice(dx, 2, 0, height), 3, 0, width);
}

/**
 * Which outputs o a row of x takes part in, by its place i in the grid of strides: from `i - before` on, `size` of them at
 * most over all phases.
 */
function reach(kernel: number, stride: number, pad: number): { before: number; size: number } {
  const before = Math.floor((kernel - 1 - pad) / stride);
  const beyond = Math.floor((stride - 1 + pad) / stride);
  return { before, size: before + beyond + 1 };
}

const knownPhases = new WeakMap<Float32Array, Map<string, Tensor>>();

/** The kernels `[O, C / groups, k, k]` for the way back: `[s s C, O / groups, size, size]`, the phases row by row. */
function phaseKernels(
  weight: Tensor,
  {
    stride,
    groups,
    top,
    left,
    size,
  }: Pick<Forwards, 'stride' | 'groups' | 'top' | 'left'> & { readonly size: number },
): Tensor {
  const { producer } = weight;
  if (producer.kind !== 'constant' || !(producer.data instanceof Float32Array)) {
    throw new ShapeError(`conv2d: the weights ${show(weight.shape)} must be a constant`);
  }
  const data = producer.data;
  const [allOut, channels, kernel] = weight.shape as [number, number, number];
  const out = allOut / groups;
  const known = knownPhases.get(data) ?? new Map<string, Tensor>();
  knownPhases.set(data, known);
  const key = [weight.shape, stride, groups, top, left, size].join();
  const found = known.get(key);
  if (found) return found;

  const shape = [stride * stride * groups * channels, out, size, size];
  const result = new Float32Array(shape.reduce((a, b) => a * b));
  // A value of phase a at place i meets output o through row `stride (i - o) + a + pad` of the kernel.
  const source = (phase: number, at: number, pad: number) =>
    stride * (reach(kernel, stride, pad).before - at) + phase + pad;
  const area = size * size;
  for (let phase = 0; phase < stride * stride; phase++) {
    const places = Array.from({ length: area }, (_, i) => {
      const row = source(Math.floor(phase / stride), Math.floor(i / size), top);
      const column = source(phase % stride, i % size, left);
      const inside = row >= 0 && row < kernel && column >= 0 && column < kernel;
      return inside ? row * kernel + column : -1;
    });
    for (let i = 0; i < area; i++) {
      const place = places[i] as number;
      if (place < 0) continue;
      for (let group = 0; group < groups; group++) {
        const from = group * out * channels * kernel * kernel + place;
        const to = (phase * groups + group) * channels * out * area + i;
        transposeInto(result.subarray(to), area, data.subarray(from), kernel * kernel, out, channels);
      }
    }
  }
  const tensor = constant(result, shape);
  known.set(key, tensor);
  return tensor;
}
