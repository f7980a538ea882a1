import { operation, rank, scalar, type Tensor } from '../tensor.ts';
import { broadcast, mul, reduceTo } from './arithmetic.ts';
import { inBlocks } from './blocks.ts';

/** `max(x, 0)`. Its gradient passes where the output is positive. */
export function relu(x: Tensor): Tensor {
  return operation(x.shape, {
    operator: 'Relu',
    inputs: [x],
    gradient: (dy, y) => [inBlocks(dy) ? mul(dy, positive(y)) : where(greater(y, scalar(0)), dy, scalar(0))],
  });
}

/** Whether `a > b`, as booleans. Has no gradient. */
export function greater(a: Tensor, b: Tensor): Tensor {
  return operation(broadcast('greater', a, b), { operator: 'Greater', inputs: [a, b] }, 'bool');
}

/** `a` where the condition holds, `b` elsewhere. */
export function where(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  for (const value of [a, b]) broadcast('where', condition, value);
  return operation(condition.shape, {
    operator: 'Where',
    inputs: [condition, a, b],
    gradient: (dy) => [
      undefined,
      reduceTo(a, where(condition, dy, scalar(0))),
      reduceTo(b, where(condition, scalar(0), dy)),
    ],
  });
}

/** Rows of a matrix `[m, n]`, by their numbers `[k]`: `[k, n]`. Has no gradient. */
export function rowsAt(x: Tensor, numbers: Tensor): Tensor {
  rank('rowsAt', x, 2);
  rank('rowsAt', numbers, 1);
  const whole = operation(
    numbers.shape,
    { operator: 'Cast', inputs: [numbers], attributes: { to: { type: 'int64' } } },
    'int64',
  );
  const shape = [numbers.shape[0] as number, x.shape[1] as number];
  return operation(shape, { operator: 'Gather', inputs: [x, whole] });
}

/** 1 where x is positive, 0 elsewhere. Has no gradient. */
export function positive(x: Tensor): Tensor {
  return steep(x, 0);
}

/** 1 where x is not negative, 0 elsewhere. Has no gradient. */
export function notNegative(x: Tensor): Tensor {
  return steep(x, 1);
}

/**
 * `min(max(1e30 x + offset, 0), 1)`: a comparison without booleans, which ONNX Runtime computes in blocks. `Greater` would have
 * the maps brought into plain order and back.
 */
function steep(x: Tensor, offset: number): Tensor {
  return operation(x.shape, {
    operator: 'HardSigmoid',
    inputs: [x],
    attributes: { alpha: { float: 1e30 }, beta: { float: offset } },
  });
}
