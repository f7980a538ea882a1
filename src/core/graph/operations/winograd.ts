import { transposeInto } from '../../vector.ts';
import {
  type Attribute,
  type Constant,
  constant,
  type GradientRule,
  integers,
  openIntegers,
  operation,
  type Tensor,
} from '../tensor.ts';
import { add, scale } from './arithmetic.ts';
import { reshape } from './shaping.ts';

/*
 * Convolutions with kernels of 3x3 as products of matrices, after Winograd: F(4x4, 3x3) of Lavin & Gray (2016), *Fast algorithms for
 * convolutional neural networks*. Each square of 4x4 outputs is made of 36 products for each two channels, instead of 144.
 */

interface Size {
  readonly height: number;
  readonly width: number;
}

type Matrix = readonly (readonly number[])[];

/** From 6 values of a row to the 6 that are multiplied. */
const INTO: Matrix = [
  [4, 0, -5, 0, 1, 0],
  [0, -4, -4, 1, 1, 0],
  [0, 4, -4, -1, 1, 0],
  [0, -2, -1, 2, 1, 0],
  [0, 2, -1, -2, 1, 0],
  [0, 4, 0, -5, 0, 1],
];
/** From the 3 weights of a kernel's row to the 6 that they are multiplied by. */
const KERNELS: Matrix = [
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
];
/** From the 6 products to the 4 values of a row. */
const BACK: Matrix = [
  [1, 1, 1, 1, 1, 0],
  [0, 1, -1, 2, -2, 0],
  [0, 1, 1, 4, 4, 0],
  [0, 1, -1, 8, -8, 1],
];

/** The same for squares, whose rows come one after the other. */
function ofSquares(rows: Matrix, shape: readonly number[]): Tensor {
  const values = rows.flatMap((a) => rows.flatMap((b) => a.flatMap((x) => b.map((y) => x * y))));
  return constant(Float32Array.from(values), shape);
}

const intoSquares = ofSquares(INTO, [36, 1, 6, 6]);
const kernelSquares = ofSquares(KERNELS, [36, 9]);
const backSquares = ofSquares(BACK, [16, 36]);

/** Where it was measured to be quicker: with many channels, and where few squares reach beyond the maps. */
export function paysAsProducts(channels: number, out: number, { height, width }: Size): boolean {
  const [rows, columns] = [Math.ceil(height / 4), Math.ceil(width / 4)];
  const used = (height * width) / (16 * rows * columns);
  return Math.min(channels, out) >= 256 && rows * columns >= 48 && used > 0.8;
}

/**
 * The convolution of `[1, C, H, W]` with constant kernels `[O, C, 3, 3]` at stride 1.
 * @param size of the result; with the zeros at the top and at the left it says how many there are at the other edges
 * @param backwards from the gradient by the result to that by `x`
 */
export function convolveByProducts(
  x: Tensor,
  weight: Tensor,
  { height, width }: Size,
  { top, left }: { readonly top: number; readonly left: number },
  backwards: (dy: Tensor) => Tensor,
): Tensor {
  const [, channels, h, w] = x.shape as [number, number, number, number];
  const out = weight.shape[0] as number;
  const [rows, columns] = [Math.ceil(height / 4), Math.ceil(width / 4)];
  const squares = rows * columns;

  // Of shapes that it knows beforehand ONNX Runtime keeps a piece of memory from the first value of that size to the last. What is
  // large here, and goes at once, has shapes that it learns as it runs.
  const maps = step('Reshape', [channels, 1, h, w], [x, openIntegers([channels, 1, h, w])]);
  const into = step('Conv', [channels, 36, rows, columns], [maps, intoSquares], {
    kernel_shape: { ints: [6, 6] },
    strides: { ints: [4, 4] },
    pads: { ints: [top, left, 4 * rows + 2 - top - h, 4 * columns + 2 - left - w] },
  });
  const flat = step('Reshape', [channels, 36, squares], [into, openIntegers([channels, 36, squares])]);
  const factors = step('Transpose', [36, channels, squares], [flat], { perm: { ints: [1, 0, 2] } });

  const products = step('MatMul', [36, out, squares], [kernelsOf(weight, x), factors]);
  const lines = step('Reshape', [36, out * squares], [products, integers([36, out * squares])]);
  const values = step('MatMul', [16, out * squares], [backSquares, lines]);
  const deep = [1, 16 * out, rows, columns];
  const phases = step('Reshape', deep, [values, integers(deep)]);

  const laid = [1, out, 4 * rows, 4 * columns];
  // It gives the gradient by x at once, and the operations before it hand that on.
  const last: GradientRule = (dy) => [backwards(dy)];
  const squared = { blocksize: { int: 4 }, mode: { string: 'DCR' } };
  if (laid[2] === height && laid[3] === width) return step('DepthToSpace', laid, [phases], squared, last);
  const larger = step('DepthToSpace', laid, [phases], squared);
  const part = [
    [0, 0],
    [height, width],
    [2, 3],
  ].map(integers);
  return step('Slice', [1, out, height, width], [larger, ...part], {}, last);
}

function step(
  operator: string,
  shape: readonly number[],
  inputs: readonly Tensor[],
  attributes: Readonly<Record<string, Attribute>> = {},
  gradient: GradientRule = (dx) => inputs.map(() => dx),
): Tensor {
  return operation(shape, { operator, inputs, attributes, gradient });
}

const known = new WeakMap<Float32Array, Tensor>();

/**
 * What kernels `[O, C, 3, 3]` are multiplied by: `[36, O, C]`. Made at each run, since four times as much as the kernels would
 * have to be kept; and not before `x` is there, or the engine would make those of all layers at the start.
 */
function kernelsOf(weight: Tensor, x: Tensor): Tensor {
  const { data } = weight.producer as Constant;
  const [out, channels] = weight.shape as [number, number];
  const pairs = out * channels;
  const kernels =
    known.get(data as Float32Array) ?? constant(byPlace(data as Float32Array), [9, pairs], false);
  known.set(data as Float32Array, kernels);
  const made = operation([36, pairs], { operator: 'MatMul', inputs: [after(x, kernelSquares), kernels] });
  const shape = [36, out, channels];
  return operation(shape, { operator: 'Reshape', inputs: [made, integers(shape)] });
}

/** A matrix as it is, once maps are there. */
function after(maps: Tensor, matrix: Tensor): Tensor {
  const ends = [
    [0, 0, 0, 0],
    [1, 1, 1, 1],
    [0, 1, 2, 3],
  ].map(integers);
  const first = operation([1, 1, 1, 1], { operator: 'Slice', inputs: [maps, ...ends], frozen: true });
  const same = add(matrix, scale(reshape(first, []), 0));
  const { shape } = matrix;
  return operation(shape, { operator: 'Reshape', inputs: [same, openIntegers(shape)] });
}

/** From 9 values for each pair of channels to all pairs for each of the 9. */
function byPlace(kernels: Float32Array): Float32Array {
  const result = new Float32Array(kernels.length);
  transposeInto(result, 1, kernels, 1, kernels.length / 9, 9);
  return result;
}
