import { operation, scalar, type Tensor } from '../tensor.ts';
import { broadcast, reduceTo } from './arithmetic.ts';

/** `max(x, 0)`. Its gradient passes where the output is positive. */
export function relu(x: Tensor): Tensor {
  return operation(x.shape, {
    operator: 'Relu',
    inputs: [x],
    gradient: (dy, y) => [where(greater(y, scalar(0)), dy, scalar(0))],
  });
}

/** Whether `a > b`, as booleans. Has no gradient. */
export function greater(a: Tensor, b: Tensor): Tensor {
  return operation(broadcast('greater', a, b), { operator: 'Greater', inputs: [a, b] }, 'bool');
}

/** Whether `a = b`, as booleans. Has no gradient. */
export function equal(a: Tensor, b: Tensor): Tensor {
  return operation(broadcast('equal', a, b), { operator: 'Equal', inputs: [a, b] }, 'bool');
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
