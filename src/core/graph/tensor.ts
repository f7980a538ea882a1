/**
 * The nouns of the graph. A tensor is a promise of values of a known shape: an input of the graph, a constant, or
 * an output of an operation. Building operations on tensors builds the graph; nothing is computed here.
 */
export type Shape = readonly number[];
export type ElementType = 'float32' | 'int64' | 'bool';

export interface Tensor {
  readonly shape: Shape;
  readonly type: ElementType;
  readonly producer: Producer;
  /** Which output of its producer it is. */
  readonly output: number;
}

export type Producer = Input | Constant | Operation;

export interface Input {
  readonly kind: 'input';
  readonly name: string;
}

export interface Constant {
  readonly kind: 'constant';
  readonly data: Float32Array | BigInt64Array;
  /** Whether the engine may compute beforehand, and keep, what follows from constants alone. */
  readonly foldable: boolean;
}

/** An attribute of an ONNX operator: an integer, integers, a float, or a string. */
export type Attribute =
  | { int: number }
  | { ints: readonly number[] }
  | { float: number }
  | { string: string }
  | { type: ElementType };

/**
 * The gradient rule of an operation: from the gradient of the objective with respect to its output, and that
 * output, to the gradients with respect to its inputs. `undefined` stands for an input that the operation has no
 * rule for, such as the weights of a frozen convolution.
 */
export type GradientRule = (dy: Tensor, y: Tensor) => readonly (Tensor | undefined)[];

/** One node of the ONNX graph. */
export interface Operation {
  readonly kind: 'operation';
  /** The ONNX operator, as in `Conv`. */
  readonly operator: string;
  readonly inputs: readonly Tensor[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** What it gives, in the order of the node's outputs. */
  readonly results: readonly Tensor[];
  readonly gradient: GradientRule;
  /** Whether gradients end here: its output counts as a constant. */
  readonly frozen: boolean;
}

/** A value that is given anew at each run. */
export function input(name: string, shape: Shape): Tensor {
  return { shape, type: 'float32', producer: { kind: 'input', name }, output: 0 };
}

/**
 * A value that is part of the graph. The array is not copied, and a tensor that is used twice is stored once.
 * @param foldable whether the engine may compute beforehand, and keep, what follows from constants alone
 * @throws ShapeError when the number of values is not that of the shape
 */
export function constant(data: Float32Array, shape: Shape, foldable = true): Tensor {
  if (data.length !== elements(shape)) {
    throw new ShapeError(`constant: ${data.length} values do not fill the shape ${show(shape)}`);
  }
  return { shape, type: 'float32', producer: { kind: 'constant', data, foldable }, output: 0 };
}

/** A constant without dimensions. */
export function scalar(value: number): Tensor {
  return constant(Float32Array.of(value), []);
}

/** Integers that an ONNX operator takes as an input, such as the starts of a slice. */
export function integers(values: readonly number[]): Tensor {
  return wholeNumbers(values, true);
}

/** The same, which the engine knows only as it runs. */
export function openIntegers(values: readonly number[]): Tensor {
  return wholeNumbers(values, false);
}

function wholeNumbers(values: readonly number[], foldable: boolean): Tensor {
  const data = BigInt64Array.from(values, BigInt);
  return {
    shape: [values.length],
    type: 'int64',
    producer: { kind: 'constant', data, foldable },
    output: 0,
  };
}

/** What an operation is made of, besides the shape and type of what it gives. */
export interface OperationParts {
  readonly operator: string;
  readonly inputs: readonly Tensor[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly gradient?: GradientRule;
  readonly frozen?: boolean;
}

/** The output of a new operation. */
export function operation(shape: Shape, parts: OperationParts, type: ElementType = 'float32'): Tensor {
  return outputs([{ shape, type }], parts)[0] as Tensor;
}

/** The outputs of a new operation that has several. */
export function outputs(
  kinds: readonly { readonly shape: Shape; readonly type: ElementType }[],
  { operator, inputs, attributes = {}, gradient = () => [], frozen = false }: OperationParts,
): Tensor[] {
  const results: Tensor[] = [];
  const producer: Operation = { kind: 'operation', operator, inputs, attributes, results, gradient, frozen };
  for (const { shape, type } of kinds) results.push({ shape, type, producer, output: results.length });
  return results;
}

/** Shapes that do not fit an operation: a mistake in the program that builds the graph. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** The error for two tensors that an operation cannot take together. */
export function mismatch(operation: string, a: Tensor, b: Tensor): ShapeError {
  return new ShapeError(`${operation}: shapes ${show(a.shape)} and ${show(b.shape)} do not fit`);
}

/** @throws ShapeError naming the operation when the tensor has not that many dimensions */
export function rank(operation: string, x: Tensor, dimensions: number): void {
  if (x.shape.length !== dimensions) {
    throw new ShapeError(`${operation}: expected ${dimensions} dimensions, got the shape ${show(x.shape)}`);
  }
}

/** The number of values of a shape. */
export function elements(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A shape for people, as in `[1, 3, 64, 64]`. */
export function show(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}
