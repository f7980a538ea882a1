export { convertWeights } from './convert.ts';
export { identifyWeights } from './identify.ts';
export { looksLikeHdf5, readKeras } from './keras.ts';
export {
  type ByteSource,
  looksLikeSafetensors,
  openSafetensors,
  readSafetensors,
  readTensor,
  type SafetensorsEntry,
  type SafetensorsHeader,
  safetensorsParts,
  writeSafetensors,
} from './safetensors.ts';
export { readTensorflowjs } from './tensorflowjs.ts';
export type { Weights, WeightTensor } from './weights.ts';
