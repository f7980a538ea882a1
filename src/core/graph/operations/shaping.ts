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
  return trim(x, [{ axis, before: start, after: size - end }]);
}

/** Takes `margin` off all four edges of the maps `[N, C, H, W]`. */
export function crop(x: Tensor, margin: number): Tensor {
  const [, , height, width] = x.shape as [number, number, number, number];
  if (2 * margin >= Math.min(height, width)) {
    throw new ShapeError(`crop: a margin of ${margin} leaves nothing of ${show(x.shape)}`);
  }
  return trim(
    x,
    [2, 3].map((axis) => ({ axis, before: margin, after: margin })),
  );
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
  sizeAt('zeroPad', x, axis);
  return extend(x, [{ axis, before, after }]);
}

/** Amounts at the two ends of an axis. */
interface Ends {
  readonly axis: number;
  readonly before: number;
  readonly after: number;
}

/** Takes something off the ends of axes, all in one pass. */
function trim(x: Tensor, ends: readonly Ends[]): Tensor {
  const cut = ends.filter(({ before, after }) => before > 0 || after > 0);
  if (cut.length === 0) return x;
  const stop = ({ axis, after }: Ends) => (x.shape[axis] as number) - after;
  const inputs = [cut.map(({ before }) => before), cut.map(stop), cut.map(({ axis }) => axis)];
  return operation(resized(x, cut, -1), {
    operator: 'Slice',
    inputs: [x, ...inputs.map(integers)],
    gradient: (dy) => [extend(dy, cut), ...noGradients(3)],
  });
}

/** Adds zeros at the ends of axes, all in one pass. */
function extend(x: Tensor, ends: readonly Ends[]): Tensor {
  const added = ends.filter(({ before, after }) => before > 0 || after > 0);
  if (added.length === 0) return x;
  const amounts = (end: 'before' | 'after') =>
    x.shape.map((_, axis) => added.find((ends) => ends.axis === axis)?.[end] ?? 0);
  return operation(resized(x, added, 1), {
    operator: 'Pad',
    inputs: [x, integers([...amounts('before'), ...amounts('after')]), scalar(0)],
    attributes: { mode: { string: 'constant' } },
    gradient: (dy) => [trim(dy, added), ...noGradients(2)],
  });
}

function resized(x: Tensor, ends: readonly Ends[], sign: 1 | -1): Shape {
  return ends.reduce(
    (shape: number[], { axis, before, after }) =>
      shape.with(axis, (shape[axis] as number) + sign * (before + after)),
    [...x.shape],
  );
}

/**
 * Mirrors the axis outwards by `margin` at both ends, the outermost values included: `b a | a b c | c b`. Then every
 * value is seen as often from the inside as any other, which padding that leaves out the outermost does not give.
 */
export function mirrorPad(x: Tensor, axis: number, margin: number): Tensor {
  const [first, last] = outermost('mirrorPad', x, axis, margin);
  return first && last ? concat([reverse(first, axis), x, reverse(last, axis)], axis) : x;
}

/**
 * Continues the axis at both ends by `margin` with what is at the other end: `b c | a b c | a b`, as in a picture that is
 * laid beside itself.
 */
export function wrapPad(x: Tensor, axis: number, margin: number): Tensor {
  const [first, last] = outermost('wrapPad', x, axis, margin);
  return first && last ? concat([last, x, first], axis) : x;
}

/** The first and the last `margin` of an axis; nothing where that is none. */
function outermost(name: string, x: Tensor, axis: number, margin: number): [Tensor?, Tensor?] {
  const size = sizeAt(name, x, axis);
  if (margin > size) {
    throw new ShapeError(`${name}: axis ${axis} of ${show(x.shape)} is too short for a margin of ${margin}`);
  }
  return margin === 0 ? [] : [slice(x, axis, 0, margin), slice(x, axis, size - margin, size)];
}

/** Tensors one after the other along an axis. */
function concat(parts: readonly [Tensor, ...Tensor[]], axis: number): Tensor {
  const sizes = parts.map((part) => sizeAt('concat', part, axis));
  const from = sizes.map((_, i) => sizes.slice(0, i).reduce((a, b) => a + b, 0));
  const size = sizes.reduce((a, b) => a + b, 0);
  return operation(parts[0].shape.with(axis, size), {
    operator: 'Concat',
    inputs: parts,
    attributes: { axis: { int: axis } },
    gradient: (dy) => from.map((start, i) => slice(dy, axis, start, start + (sizes[i] as number))),
  });
}

/** What is beyond the edges of a picture: its mirror image, or its other side. */
export type Edges = 'mirror' | 'wrap';

/** Continues maps `[N, C, H, W]` beyond all four edges. */
export function padEdges(x: Tensor, margin: number, edges: Edges): Tensor {
  const pad = edges === 'wrap' ? wrapPad : mirrorPad;
  return pad(pad(x, 2, margin), 3, margin);
}

/**
 * From `[N, f f C, H, W]` to `[N, C, f H, f W]`: each position becomes a square of `f` by `f`, whose values come from as
 * many groups of C channels, row by row.
 */
export function depthToSpace(x: Tensor, factor: number): Tensor {
  rank('depthToSpace', x, 4);
  if (factor === 1) return x;
  const [n, depth, height, width] = x.shape as [number, number, number, number];
  if (depth % (factor * factor) !== 0) {
    throw new ShapeError(`depthToSpace: ${show(x.shape)} has no ${factor * factor} equal groups of channels`);
  }
  return operation([n, depth / (factor * factor), height * factor, width * factor], {
    operator: 'DepthToSpace',
    inputs: [x],
    attributes: { blocksize: { int: factor }, mode: { string: 'DCR' } },
    gradient: (dy) => [spaceToDepth(dy, factor)],
  });
}

/** The inverse of `depthToSpace`. */
export function spaceToDepth(x: Tensor, factor: number): Tensor {
  rank('spaceToDepth', x, 4);
  if (factor === 1) return x;
  const [n, channels, height, width] = x.shape as [number, number, number, number];
  if (height % factor !== 0 || width % factor !== 0) {
    throw new ShapeError(`spaceToDepth: ${show(x.shape)} does not divide into squares of ${factor}`);
  }
  return operation([n, channels * factor * factor, height / factor, width / factor], {
    operator: 'SpaceToDepth',
    inputs: [x],
    attributes: { blocksize: { int: factor } },
    gradient: (dy) => [depthToSpace(dy, factor)],
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

function noGradients(count: number): undefined[] {
  return new Array<undefined>(count).fill(undefined);
}
