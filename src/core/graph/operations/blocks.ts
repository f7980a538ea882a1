import { constant, operation, type Tensor } from '../tensor.ts';
import { add, scale } from './arithmetic.ts';

/*
 * ONNX Runtime's convolutions and poolings keep maps in blocks of 16 (or 8) channels. Some operations between them work
 * on the blocks as they are; others make it bring the maps into plain order and back, two more passes over memory.
 * Where the same thing can be computed in either way, what is here tells which is cheaper. It never changes results.
 */

/** The channels of a block; where engines have other ones, or none, as good a number as any. */
export const BLOCK = 16;
const MAKE_BLOCKS = new Set(['Conv', 'MaxPool', 'AveragePool']);
const KEEP_BLOCKS = new Set(['Add', 'Mul', 'Relu', 'HardSigmoid', 'Resize']);

/** Whether maps of that shape can be kept in blocks. */
export function hasBlocks({ shape }: Tensor): boolean {
  return shape.length === 4 && (shape[1] as number) % BLOCK === 0;
}

/** Whether the engine will have the maps in blocks when it gets to them. */
export function inBlocks(x: Tensor): boolean {
  const { producer } = x;
  if (!hasBlocks(x) || producer.kind !== 'operation') return false;
  if (MAKE_BLOCKS.has(producer.operator)) return producer.results.length === 1;
  if (!KEEP_BLOCKS.has(producer.operator)) return false;
  return producer.inputs.every((input) => input.shape.length < 4 || inBlocks(input));
}

/** The same values, in blocks where they can be. */
export function intoBlocks(x: Tensor): Tensor {
  return hasBlocks(x) && !inBlocks(x) ? eachChannelTimes(x, 1) : x;
}

/** `a + b`, in blocks where one of them is. */
export function addInBlocks(a: Tensor, b: Tensor): Tensor {
  return inBlocks(a) || inBlocks(b) ? add(intoBlocks(a), intoBlocks(b)) : add(a, b);
}

/** Maps times a number: a depthwise 1x1 convolution where that can stay in blocks. */
export function eachChannelTimes(x: Tensor, factor: number): Tensor {
  if (!hasBlocks(x)) return scale(x, factor);
  const channels = x.shape[1] as number;
  const weight = constant(new Float32Array(channels).fill(factor), [channels, 1, 1, 1]);
  return operation(x.shape, {
    operator: 'Conv',
    inputs: [x, weight],
    attributes: { group: { int: channels }, kernel_shape: { ints: [1, 1] } },
    gradient: (dy) => [eachChannelTimes(dy, factor), undefined],
  });
}
