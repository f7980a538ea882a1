import { describe, expect, it } from 'vitest';
import { UserError } from '../src/core/errors.ts';
import { parameterShapes, resnet50, vgg, vgg16, vgg19 } from '../src/core/networks/index.ts';
import {
  convertWeights,
  identifyWeights,
  type Weights,
  type WeightTensor,
} from '../src/core/weights/index.ts';
import { kerasArrays, size, tensor, tiny, tinyWeights, values } from './support/weights-tiny.ts';

const thin = vgg('thin', 'Thin', [1, 1], [8, 32]);

/** Arrays of the right shapes that share one memory, since the whole networks are large. */
function fake(shapes: ReadonlyMap<string, readonly number[]>): Map<string, WeightTensor> {
  const memory = new Float32Array(Math.max(...[...shapes.values()].map(size)));
  return new Map(
    [...shapes].map(([name, shape]) => [name, { shape, data: memory.subarray(0, size(shape)) }]),
  );
}

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

/** A convolution `[height, width, 3]` with a kernel HWIO without padding, then batch normalisation, by definition. */
function convolveAndNormalize(
  picture: Float64Array,
  width: number,
  [y, x]: [number, number],
  kernel: WeightTensor,
  bias: Float32Array,
  norm: Readonly<Record<'gamma' | 'beta' | 'mean' | 'variance', Float32Array>>,
  epsilon: number,
): number[] {
  const [side, , input, out] = kernel.shape as [number, number, number, number];
  return Array.from({ length: out }, (_, o) => {
    let sum = bias[o] ?? 0;
    for (let i = 0; i < side; i++)
      for (let j = 0; j < side; j++)
        for (let c = 0; c < input; c++)
          sum +=
            (picture[((y + i) * width + x + j) * input + c] as number) *
            (kernel.data[((i * side + j) * input + c) * out + o] as number);
    const [gamma, beta, mean, variance] = [
      norm.gamma[o],
      norm.beta[o],
      norm.mean[o],
      norm.variance[o],
    ] as number[];
    return (
      ((sum - (mean as number)) * (gamma as number)) / Math.sqrt((variance as number) + epsilon) +
      (beta as number)
    );
  });
}

/** The architecture cut down to one convolution, so that a test can compute it. */
function only(name: string, shape: [number, number, number]) {
  const [input, out, kernel] = shape;
  return { ...resnet50, convolutions: [{ name, in: input, out, kernel }] };
}

describe('batch normalisation', () => {
  const cases: [string, string, string, string, number, number][] = [
    ['conv1', 'conv1', 'bn_conv1', 'old stem', 1e-3, 7],
    ['conv1', 'conv1_conv', 'conv1_bn', 'new stem', 1.001e-5, 7],
    ['2a_branch1', 'res2a_branch1', 'bn2a_branch1', 'old', 1e-3, 1],
    ['2a_branch1', 'conv2_block1_0_conv', 'conv2_block1_0_bn', 'new', 1.001e-5, 1],
    ['2a_branch2a', 'conv2_block1_1_conv', 'conv2_block1_1_bn', 'new', 1.001e-5, 1],
    ['3b_branch2b', 'res3b_branch2b', 'bn3b_branch2b', 'old', 1e-3, 3],
    ['3b_branch2b', 'conv3_block2_2_conv', 'conv3_block2_2_bn', 'new', 1.001e-5, 3],
    ['4f_branch2c', 'conv4_block6_3_conv', 'conv4_block6_3_bn', 'new', 1.001e-5, 1],
  ];

  it.each(cases)('is folded: %s from %s and %s (%s, epsilon %d)', (name, layer, bn, _age, epsilon, side) => {
    const kernel = tensor([side, side, 3, 5], 1);
    const bias = values(5, 2);
    // Variances near the epsilons, where a wrong one shows.
    const variance = values(5, 3).map((v) => Math.abs(v) * 2e-3);
    const norm = { gamma: values(5, 4), beta: values(5, 5), mean: values(5, 6), variance };
    const found = new Map<string, WeightTensor>([
      [`${layer}/kernel`, kernel],
      [`${layer}/bias`, { shape: [5], data: bias }],
      [`${bn}/gamma`, { shape: [5], data: norm.gamma }],
      [`${bn}/beta`, { shape: [5], data: norm.beta }],
      [`${bn}/moving_mean`, { shape: [5], data: norm.mean }],
      [`${bn}/moving_variance`, { shape: [5], data: norm.variance }],
    ]);
    const folded = convertWeights(only(name, [3, 5, side]), found);
    const weight = folded.get(`${name}.weight`) as WeightTensor;
    const shift = folded.get(`${name}.bias`) as WeightTensor;
    expect([weight.shape, shift.shape]).toEqual([[5, 3, side, side], [5]]);
    const width = side + 1;
    const picture = Float64Array.from(values(width * width * 3, 7));
    for (const [y, x] of [
      [0, 0],
      [1, 0],
      [1, 1],
    ] as [number, number][]) {
      const expected = convolveAndNormalize(picture, width, [y, x], kernel, bias, norm, epsilon);
      expected.forEach((value, o) => {
        let sum = shift.data[o] as number;
        for (let c = 0; c < 3; c++)
          for (let i = 0; i < side; i++)
            for (let j = 0; j < side; j++)
              sum +=
                (picture[((y + i) * width + x + j) * 3 + c] as number) *
                (weight.data[((o * 3 + c) * side + i) * side + j] as number);
        expect(Math.abs(sum - value)).toBeLessThan(1e-6 * (1 + Math.abs(value)) * 20);
      });
    }
  });

  const found = (): Map<string, WeightTensor> =>
    new Map([
      ['conv1/kernel', tensor([7, 7, 3, 5])],
      ...['gamma', 'beta', 'moving_mean', 'moving_variance'].map(
        (array) => [`bn_conv1/${array}`, { shape: [5], data: new Float32Array(5).fill(1) }] as const,
      ),
    ]);
  const stem = only('conv1', [3, 5, 7]);

  it('needs no bias of the convolution', () => {
    const bias = convertWeights(stem, found()).get('conv1.bias') as WeightTensor;
    for (const value of bias.data) expect(value).toBeCloseTo(1 - 1 / Math.sqrt(1.001), 6);
  });

  it('is in double precision', () => {
    const arrays = found();
    const data = Float32Array.of(1, 1, 1, 1, 1);
    // beta - mean * scale, where float32 in between would lose everything.
    arrays.set('bn_conv1/moving_variance', { shape: [5], data: new Float32Array(5).fill(0.999) });
    arrays.set('bn_conv1/moving_mean', { shape: [5], data: data.map(() => 16777216) });
    arrays.set('bn_conv1/beta', { shape: [5], data: data.map(() => 16777216) });
    const bias = convertWeights(stem, arrays).get('conv1.bias') as WeightTensor;
    const exact = 16777216 - 16777216 / Math.sqrt(Math.fround(0.999) + 1e-3);
    expect(bias.data[0]).toBe(Math.fround(exact));
  });

  it('must be there, of the right shape and finite', () => {
    const without = found();
    without.delete('bn_conv1/moving_mean');
    expect(messageOf(() => convertWeights(stem, without, 'The file x'))).toBe(
      'The file x cannot be used: "bn_conv1/moving_mean" is missing.',
    );
    const longer = found().set('bn_conv1/beta', tensor([6]));
    expect(messageOf(() => convertWeights(stem, longer, 'The file x'))).toBe(
      'The file x cannot be used: "bn_conv1/beta" should be [5] but is [6].',
    );
    const biased = found().set('conv1/bias', tensor([4]));
    expect(messageOf(() => convertWeights(stem, biased, 'The file x'))).toBe(
      'The file x cannot be used: "conv1/bias" should be [5] but is [4].',
    );
    const negative = found().set('bn_conv1/moving_variance', {
      shape: [5],
      data: new Float32Array(5).fill(-1),
    });
    expect(messageOf(() => convertWeights(stem, negative, 'The file x'))).toMatch(
      /"conv1.weight" holds values that are not finite/,
    );
  });
});

describe('conversion', () => {
  it('passes canonical arrays as they are and leaves out all others', () => {
    const weights = tinyWeights();
    const converted = convertWeights(tiny, new Map([...weights, ['more', tensor([2])]]));
    expect([...converted.keys()]).toEqual([...parameterShapes(tiny).keys()]);
    for (const [name, found] of converted) expect(found).toBe(weights.get(name));
  });

  it.each<[string, (arrays: Map<string, WeightTensor>) => unknown, string]>([
    [
      'a missing array',
      (arrays) => arrays.delete('block2_conv1.bias'),
      'The file x is no tiny: it has no array "block2_conv1.bias".',
    ],
    [
      'a wrong shape',
      (arrays) => arrays.set('block2_conv1.bias', tensor([31])),
      'The file x is no tiny: "block2_conv1.bias" should be [32] but is [31].',
    ],
    [
      'NaN',
      (arrays) => ((arrays.get('block2_conv1.bias') as WeightTensor).data[7] = Number.NaN),
      'The file x is damaged: "block2_conv1.bias" holds values that are not finite numbers; get the file anew.',
    ],
    [
      'infinity',
      (arrays) => ((arrays.get('block1_conv1.weight') as WeightTensor).data[7] = Infinity),
      'The file x is damaged: "block1_conv1.weight" holds values that are not finite numbers; get the file anew.',
    ],
  ])('refuses %s', (_what, damage, message) => {
    const arrays = tinyWeights();
    damage(arrays);
    expect(messageOf(() => convertWeights(tiny, arrays, 'The file x'))).toBe(message);
  });

  it('refuses Keras kernels of other shapes, and kernels without a bias', () => {
    const keras = () => kerasArrays(tinyWeights(), (layer, array) => `${layer}/${array}`);
    const flat = keras().set('block1_conv1/kernel', tensor([27, 16]));
    expect(messageOf(() => convertWeights(tiny, flat, 'The file x'))).toBe(
      'The file x cannot be used: "block1_conv1/kernel" should have four axes but is [27, 16].',
    );
    const square = keras().set('block1_conv1/kernel', tensor([5, 5, 3, 16]));
    expect(messageOf(() => convertWeights(tiny, square, 'The file x'))).toBe(
      'The file x is no tiny: "block1_conv1.weight" should be [16, 3, 3, 3] but is [16, 3, 5, 5].',
    );
    const unbiased = keras();
    unbiased.delete('block1_conv1/bias');
    expect(messageOf(() => convertWeights(tiny, unbiased, 'The file x'))).toBe(
      'The file x is no tiny: it has no array "block1_conv1.bias".',
    );
  });
});

describe('which network it is', () => {
  const shapesOf = (network: typeof vgg19) => new Map(parameterShapes(network));
  const found = (weights: Weights) => identifyWeights(weights, 'The file x').architecture.name;

  it('knows each of ours, by canonical names', () => {
    for (const network of [resnet50, vgg19, vgg16]) expect(found(fake(shapesOf(network)))).toBe(network.name);
  });

  it('takes a VGG-19 without one of its layers for a damaged VGG-19, not for a VGG-16', () => {
    const shapes = shapesOf(vgg19);
    shapes.delete('block4_conv4.weight');
    expect(messageOf(() => found(fake(shapes)))).toBe(
      'The file x is no vgg19: it has no array "block4_conv4.weight".',
    );
  });

  it('tells networks apart that differ in their shapes alone', () => {
    const shapes = shapesOf(thin);
    expect(identifyWeights(fake(shapes), 'The file', [tiny, thin]).architecture).toBe(thin);
    shapes.set('block2_conv1.bias', [3]);
    expect(messageOf(() => identifyWeights(fake(shapes), 'The file x', [tiny, thin]))).toBe(
      'The file x is no tiny: "block1_conv1.weight" should be [16, 3, 3, 3] but is [8, 3, 3, 3].',
    );
  });

  it('says what is in a file that is none of them', () => {
    const other = new Map([
      ['encoder.weight', tensor([2])],
      ['decoder.weight', tensor([2])],
    ]);
    expect(messageOf(() => found(other))).toBe(
      'The file x is none of resnet50, vgg19 and vgg16: its arrays are called "encoder.weight", "decoder.weight".',
    );
    expect(messageOf(() => found(new Map()))).toBe(
      'The file x is none of resnet50, vgg19 and vgg16: it has no arrays of weights.',
    );
  });
});

/** Every array of a ResNet-50 file of Keras, under the names of either age. */
function resnetFile(age: 'old' | 'new'): Map<string, WeightTensor> {
  const shapes = new Map<string, number[]>();
  for (const { name, in: input, out, kernel } of resnet50.convolutions) {
    const [, stage, block, branch] = /^(\d)([a-z])_branch(\w+)$/.exec(name) ?? [];
    const number = { '1': 0, '2a': 1, '2b': 2, '2c': 3 }[branch ?? ''];
    const base = `conv${stage}_block${'abcdef'.indexOf(block ?? '') + 1}_${number}`;
    const [conv, bn] =
      age === 'old'
        ? stage
          ? [`res${name}`, `bn${name}`]
          : ['conv1', 'bn_conv1']
        : stage
          ? [`${base}_conv`, `${base}_bn`]
          : ['conv1_conv', 'conv1_bn'];
    shapes.set(`${conv}/kernel`, [kernel, kernel, input, out]).set(`${conv}/bias`, [out]);
    for (const array of ['gamma', 'beta', 'moving_mean', 'moving_variance'])
      shapes.set(`${bn}/${array}`, [out]);
  }
  return fake(shapes);
}

it.each(['old', 'new'] as const)("finds every array of a ResNet-50 with Keras' %s names", (age) => {
  const file = resnetFile(age);
  expect(file.size).toBe(53 * 6);
  const { architecture, weights } = identifyWeights(file);
  expect(architecture).toBe(resnet50);
  expect(weights.size).toBe(53 * 2);
});
