import {
  type GradientRule,
  integers,
  mismatch,
  operation,
  type Shape,
  scalar,
  type Tensor,
} from '../tensor.ts';

/** `a + b`, of equal shapes, or either of them a scalar. */
export function add(a: Tensor, b: Tensor): Tensor {
  return binary('Add', a, b, (dy) => [reduceTo(a, dy), reduceTo(b, dy)]);
}

/** `a - b`, of equal shapes, or either of them a scalar. */
export function sub(a: Tensor, b: Tensor): Tensor {
  return binary('Sub', a, b, (dy) => [reduceTo(a, dy), reduceTo(b, scale(dy, -1))]);
}

/** `a * b` value by value, of equal shapes, or either of them a scalar. */
export function mul(a: Tensor, b: Tensor): Tensor {
  return binary('Mul', a, b, (dy) => [reduceTo(a, mul(dy, b)), reduceTo(b, mul(dy, a))]);
}

/** `a / b` value by value, of equal shapes, or either of them a scalar. */
export function div(a: Tensor, b: Tensor): Tensor {
  return binary('Div', a, b, (dy, y) => [
    reduceTo(a, div(dy, b)),
    reduceTo(b, scale(mul(dy, div(y, b)), -1)),
  ]);
}

/** `x` times a number. */
export function scale(x: Tensor, factor: number): Tensor {
  return mul(x, scalar(factor));
}

/** The square root, value by value. */
export function sqrt(x: Tensor): Tensor {
  return operation(x.shape, {
    operator: 'Sqrt',
    inputs: [x],
    gradient: (dy, y) => [scale(div(dy, y), 0.5)],
  });
}

/** The logistic function `1 / (1 + exp(-x))`, value by value: a smooth step from 0 to 1. */
export function sigmoid(x: Tensor): Tensor {
  return operation(x.shape, {
    operator: 'Sigmoid',
    inputs: [x],
    // The slope comes first: a dy that is only spread from something small need not be kept meanwhile.
    gradient: (dy, y) => [mul(sub(y, mul(y, y)), dy)],
  });
}

/** The same values, which count as constants: no gradient passes. */
export function stop(x: Tensor): Tensor {
  return operation(x.shape, { operator: 'Identity', inputs: [x], frozen: true });
}

/** The sum of all values, a scalar. */
export function sum(x: Tensor): Tensor {
  return operation([], {
    operator: 'ReduceSum',
    inputs: [x],
    attributes: { keepdims: { int: 0 } },
    gradient: (dy) => [fill(dy, x.shape)],
  });
}

/** The sum of all squares, a scalar. */
export function sumSquares(x: Tensor): Tensor {
  return operation([], {
    operator: 'ReduceSumSquare',
    inputs: [x],
    attributes: { keepdims: { int: 0 } },
    gradient: (dy) => [mul(x, scale(dy, 2))],
  });
}

/** A tensor of the given shape that holds the scalar's value everywhere. */
export function fill(value: Tensor, shape: Shape): Tensor {
  return operation(shape, {
    operator: 'Expand',
    inputs: [value, integers(shape)],
    gradient: (dy) => [sum(dy), undefined],
  });
}

function binary(operator: string, a: Tensor, b: Tensor, gradient: GradientRule): Tensor {
  return operation(broadcast(operator.toLowerCase(), a, b), { operator, inputs: [a, b], gradient });
}

/** ONNX broadcasts in many ways; this graph needs only scalars, and takes the rest for mistakes. */
export function broadcast(name: string, a: Tensor, b: Tensor): readonly number[] {
  if (isScalar(b)) return a.shape;
  if (isScalar(a)) return b.shape;
  if (a.shape.join() !== b.shape.join()) throw mismatch(name, a, b);
  return a.shape;
}

/** Undoes the broadcasting of a scalar: its gradient is the sum over the places where it was used. */
export function reduceTo(x: Tensor, dy: Tensor): Tensor {
  return isScalar(x) && !isScalar(dy) ? sum(dy) : dy;
}

function isScalar(x: Tensor): boolean {
  return x.shape.length === 0;
}
