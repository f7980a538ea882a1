import {
  elements,
  integers,
  operation,
  rank,
  type Shape,
  ShapeError,
  scalar,
  show,
  type Tensor,
} from '../tensor.ts';
import { add } from './arithmetic.ts';

/** The same values in the same order under another shape. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  if (elements(x.shape) !== elements(shape)) {
    throw new ShapeError(`reshape: ${show(x.shape)} does not hold as many values as ${show(shape)}`);
  }
  return operation(shape, {
    operator: 'Reshape',
    inputs: [x, integers(shape)],
    gradient: (dy) => [reshape(dy, x.shape), undefined],
  });
}

/** The part `[start, end)` of one axis. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  const size = sizeAt('slice', x, axis);
  if (!(0 <= start && start < end && end <= size)) {
    throw new ShapeError(`slice: [${start}, ${end}) is no part of axis ${axis} of ${show(x.shape)}`);
  }
  if (start === 0 && end === size) return x;
  return operation(x.shape.with(axis, end - start), {
    operator: 'Slice',
    inputs: [x, integers([start]), integers([end]), integers([axis])],
    gradient: (dy) => [zeroPad(dy, axis, start, size - end), ...noGradients(3)],
  });
}

/** Takes `margin` off all four edges of the maps `[N, C, H, W]`. */
export function crop(x: Tensor, margin: number): Tensor {
  const [, , height, width] = x.shape as [number, number, number, number];
  return slice(slice(x, 2, margin, height - margin), 3, margin, width - margin);
}

/** The axis in reverse order. */
export function reverse(x: Tensor, axis: number): Tensor {
  const before = -(sizeAt('reverse', x, axis) + 1);
  return operation(x.shape, {
    operator: 'Slice',
    inputs: [x, integers([-1]), integers([before]), integers([axis]), integers([-1])],
    gradient: (dy) => [reverse(dy, axis), ...noGradients(4)],
  });
}

/** Zeros before and after one axis. */
export function zeroPad(x: Tensor, axis: number, before: number, after: number): Tensor {
  if (before === 0 && after === 0) return x;
  const size = sizeAt('zeroPad', x, axis);
  return operation(x.shape.with(axis, before + size + after), {
    operator: 'Pad',
    inputs: [x, padAmounts(x, axis, before, after), scalar(0)],
    attributes: { mode: { string: 'constant' } },
    gradient: (dy) => [slice(dy, axis, before, before + size), ...noGradients(2)],
  });
}

/**
 * Mirrors the axis outwards by `margin` at both ends, the outermost values included: `b a | a b c | c b`. Then every
 * value is seen as often from the inside as any other, which padding that leaves out the outermost does not give.
 * The gradient folds the mirrored margins back onto the values that they came from.
 */
export function mirrorPad(x: Tensor, axis: number, margin: number): Tensor {
  if (margin === 0) return x;
  const size = sizeAt('mirrorPad', x, axis);
  if (margin > size) {
    throw new ShapeError(
      `mirrorPad: axis ${axis} of ${show(x.shape)} is too short for a margin of ${margin}`,
    );
  }
  const source = (i: number) => (i < 0 ? -1 - i : i < size ? i : 2 * size - 1 - i);
  const indices = Array.from({ length: size + 2 * margin }, (_, i) => source(i - margin));
  const fold = (dy: Tensor) => {
    const before = reverse(slice(dy, axis, 0, margin), axis);
    const after = reverse(slice(dy, axis, margin + size, size + 2 * margin), axis);
    const inner = slice(dy, axis, margin, margin + size);
    return add(add(inner, zeroPad(before, axis, 0, size - margin)), zeroPad(after, axis, size - margin, 0));
  };
  return operation(x.shape.with(axis, size + 2 * margin), {
    operator: 'Gather',
    inputs: [x, integers(indices)],
    attributes: { axis: { int: axis } },
    gradient: (dy) => [fold(dy), undefined],
  });
}

/** Swaps the two dimensions of a matrix. */
export function transpose(x: Tensor): Tensor {
  rank('transpose', x, 2);
  return operation([...x.shape].reverse(), {
    operator: 'Transpose',
    inputs: [x],
    attributes: { perm: { ints: [1, 0] } },
    gradient: (dy) => [transpose(dy)],
  });
}

function sizeAt(name: string, x: Tensor, axis: number): number {
  const size = x.shape[axis];
  if (size === undefined) throw new ShapeError(`${name}: ${show(x.shape)} has no axis ${axis}`);
  return size;
}

/** ONNX wants the amounts before every axis, then those after. */
function padAmounts(x: Tensor, axis: number, before: number, after: number): Tensor {
  const none = x.shape.map(() => 0);
  return integers([...none.with(axis, before), ...none.with(axis, after)]);
}

function noGradients(count: number): undefined[] {
  return new Array<undefined>(count).fill(undefined);
}
