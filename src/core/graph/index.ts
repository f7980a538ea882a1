export { gradient } from './gradient.ts';
export { effortOf, type Memory, memoryOf } from './memory.ts';
export { type Outputs, serialize } from './onnx.ts';
export * from './operations/arithmetic.ts';
export * from './operations/columns.ts';
export * from './operations/convolution.ts';
export * from './operations/matrix.ts';
export * from './operations/pooling.ts';
export * from './operations/selection.ts';
export * from './operations/shaping.ts';
export {
  constant,
  type ElementType,
  elements,
  input,
  type Shape,
  ShapeError,
  scalar,
  type Tensor,
} from './tensor.ts';
