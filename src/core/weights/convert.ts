import { UserError } from '../errors.ts';
import { type Architecture, checkWeights } from '../networks/architecture.ts';
import type { Weights, WeightTensor } from './weights.ts';

/** Under which names Keras may keep one convolution and the batch normalisation that follows it. */
interface KerasLayers {
  readonly convolution: string;
  readonly normalization?: string;
  /** Keras does not write it into its files; it is what the network was defined with. */
  readonly epsilon: number;
}

// Keras' own ResNet-50: the definition of 2015 (BatchNormalization's default) and the one since keras-applications 1.0.8.
const oldEpsilon = 1e-3;
const newEpsilon = 1.001e-5;

/** In a new block, the first number says which convolution it is. */
const newBranches: Readonly<Record<string, number>> = { branch1: 0, branch2a: 1, branch2b: 2, branch2c: 3 };

/**
 * The names in Keras' files of a convolution of ours: `2a_branch2b` is `res2a_branch2b` and `bn2a_branch2b` in old
 * files, `conv2_block1_2_conv` and `conv2_block1_2_bn` in new ones.
 */
function kerasLayers(name: string): KerasLayers[] {
  if (name === 'conv1') {
    return [
      { convolution: 'conv1_conv', normalization: 'conv1_bn', epsilon: newEpsilon },
      { convolution: 'conv1', normalization: 'bn_conv1', epsilon: oldEpsilon },
    ];
  }
  const [, stage, block, branch] = /^(\d)([a-z])_(branch1|branch2[abc])$/.exec(name) ?? [];
  if (!stage || !block || !branch) return [{ convolution: name, epsilon: 0 }];
  const layer = `conv${stage}_block${block.charCodeAt(0) - 96}_${newBranches[branch]}`;
  return [
    { convolution: `${layer}_conv`, normalization: `${layer}_bn`, epsilon: newEpsilon },
    { convolution: `res${name}`, normalization: `bn${name}`, epsilon: oldEpsilon },
  ];
}

/** Whether the arrays hold that convolution, by Velatura's names or Keras'. */
export function hasConvolution(name: string, found: Weights): boolean {
  return found.has(`${name}.weight`) || kerasLayers(name).some((layers) => kernelOf(layers, found));
}

/**
 * The arrays that an architecture needs: `<convolution>.weight` `[out, in, kernel, kernel]` and `<convolution>.bias`
 * `[out]`. Arrays by these names pass as they are; of Keras' (`<layer>/kernel` HWIO, `<layer>/bias`) the axes are
 * turned and the batch normalisation is folded in, in double precision.
 *
 * @param found by canonical names or by those that `readKeras` and `readTensorflowjs` give
 * @param origin what to call the weights in messages, as in `The file vgg.h5`
 * @throws UserError if an array is missing, of the wrong shape or not finite
 */
export function convertWeights(architecture: Architecture, found: Weights, origin = 'The file'): Weights {
  const weights = new Map<string, WeightTensor>();
  const put = (name: string, tensor: WeightTensor | undefined) => tensor && weights.set(name, tensor);
  for (const { name } of architecture.convolutions) {
    const layers = kerasLayers(name).find((candidate) => kernelOf(candidate, found));
    if (found.has(`${name}.weight`)) {
      put(`${name}.weight`, found.get(`${name}.weight`));
      put(`${name}.bias`, found.get(`${name}.bias`));
    } else if (layers) {
      const { weight, bias } = fromKeras(layers, found, origin);
      put(`${name}.weight`, weight);
      put(`${name}.bias`, bias);
    }
  }
  checkWeights(architecture, weights, origin);
  return weights;
}

function kernelOf({ convolution }: KerasLayers, found: Weights): WeightTensor | undefined {
  return found.get(`${convolution}/kernel`) ?? found.get(`${convolution}/folded_kernel`);
}

function fromKeras(
  layers: KerasLayers,
  found: Weights,
  origin: string,
): { weight: WeightTensor; bias: WeightTensor | undefined } {
  const { convolution, normalization, epsilon } = layers;
  // TensorFlow.js' converter has folded the batch normalisation of its graph models already.
  const folded = found.get(`${convolution}/folded_kernel`);
  const kernel = folded ?? kernelOf(layers, found);
  if (kernel?.shape.length !== 4) {
    const shape = kernel?.shape.join(', ');
    throw new UserError(
      `${origin} cannot be used: "${convolution}/kernel" should have four axes but is [${shape}].`,
    );
  }
  const bias = found.get(`${convolution}/${folded ? 'folded_bias' : 'bias'}`);
  if (folded || !normalization) return { weight: kernelToOihw(kernel), bias };
  const out = kernel.shape[3] as number;
  // A convolution before a batch normalisation may well have no bias of its own.
  if (bias && bias.shape.join() !== String(out)) {
    throw new UserError(
      `${origin} cannot be used: "${convolution}/bias" should be [${out}] but is [${bias.shape.join(', ')}].`,
    );
  }
  const { scale, shift } = scaleAndShift(normalization, epsilon, out, found, origin);
  const data = Float32Array.from(shift, (b, o) => (bias ? at(bias.data, o) * at(scale, o) + b : b));
  return { weight: kernelToOihw(kernel, scale), bias: { shape: [out], data } };
}

/** Batch normalisation at inference, `(x - mean) / sqrt(variance + epsilon) * gamma + beta`, as `x * scale + shift`. */
function scaleAndShift(layer: string, epsilon: number, channels: number, found: Weights, origin: string) {
  const [gamma, beta, mean, variance] = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((array) => {
    const tensor = found.get(`${layer}/${array}`);
    if (tensor?.shape.join() === String(channels)) return tensor.data;
    const problem = tensor ? `should be [${channels}] but is [${tensor.shape.join(', ')}]` : 'is missing';
    throw new UserError(`${origin} cannot be used: "${layer}/${array}" ${problem}.`);
  }) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const scale = Float64Array.from(gamma, (g, c) => g / Math.sqrt(at(variance, c) + epsilon));
  const shift = Float64Array.from(beta, (b, c) => b - at(mean, c) * at(scale, c));
  return { scale, shift };
}

/** `[height, width, in, out]` to `[out, in, height, width]`, each output channel times its scale. */
function kernelToOihw({ shape, data }: WeightTensor, scale?: Float64Array): WeightTensor {
  const [height, width, input, out] = shape as [number, number, number, number];
  const area = height * width;
  const turned = new Float32Array(data.length);
  let from = 0;
  for (let position = 0; position < area; position++) {
    for (let i = 0; i < input; i++) {
      for (let o = 0; o < out; o++) {
        turned[(o * input + i) * area + position] = (data[from++] as number) * (scale ? at(scale, o) : 1);
      }
    }
  }
  return { shape: [out, input, height, width], data: turned };
}

function at(values: Float32Array | Float64Array, index: number): number {
  return values[index] as number;
}
