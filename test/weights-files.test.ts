/* Keras' and TensorFlow.js' files, written here in the layouts that are about. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { UserError } from '../src/core/errors.ts';
import { identifyWeights, readKeras, readTensorflowjs } from '../src/core/weights/index.ts';
import {
  beside,
  float32Bytes,
  type Hdf5Array,
  hdf5,
  kerasArrays,
  temporaryFolder,
  tensor,
  tiny,
  tinyWeights,
  toHwio,
  writeTensorflowjs,
} from './support/weights-tiny.ts';

// Before the library for HDF5 is loaded, which keeps the function that it finds.
const printed = vi.spyOn(console, 'error').mockImplementation(() => {});

const weights = tinyWeights();

describe('Keras HDF5', () => {
  const layouts: [string, (layer: string, array: 'kernel' | 'bias') => string][] = [
    ['of Keras 1', (layer, array) => `${layer}/${layer}_${array === 'kernel' ? 'W' : 'b'}_1:0`],
    ['of Keras 1, built once', (layer, array) => `${layer}/${layer}_${array === 'kernel' ? 'W' : 'b'}:0`],
    ['of Keras 2', (layer, array) => `${layer}/${array}:0`],
    ['of Keras 2 on TensorFlow, nested', (layer, array) => `${layer}/${layer}/${array}:0`],
    ['nested, built a third time', (layer, array) => `${layer}/${layer}_2/${array}:0`],
    ['of Keras 3, without numbers', (layer, array) => `${layer}/${layer}/${array}`],
    ['of a whole model', (layer, array) => `model_weights/${layer}/${layer}/${array}:0`],
    ['of a whole model in a model', (layer, array) => `model_weights/vgg/${layer}/${array}:0`],
  ];

  it.each(layouts)('reads the layout %s', async (_name, rename) => {
    const arrays = await readKeras(await hdf5(kerasArrays(weights, rename)));
    expect([...arrays.keys()].sort()).toEqual(
      ['block1_conv1/bias', 'block1_conv1/kernel', 'block2_conv1/bias', 'block2_conv1/kernel'].sort(),
    );
    const found = identifyWeights(arrays, 'The file', [tiny]);
    expect(found.architecture).toBe(tiny);
    expect([...found.weights].sort()).toStrictEqual([...weights].sort());
  });

  it('reads the batch normalisation of Keras 1, whose running_std is a variance', async () => {
    const names = ['beta', 'gamma', 'running_mean', 'running_std'];
    const file = await hdf5(
      new Map(names.map((name, i) => [`bn_conv1/bn_conv1_${name}_1:0`, tensor([4], i)])),
    );
    const arrays = await readKeras(file);
    expect(Object.fromEntries(arrays)).toStrictEqual({
      'bn_conv1/beta': tensor([4], 0),
      'bn_conv1/gamma': tensor([4], 1),
      'bn_conv1/moving_mean': tensor([4], 2),
      'bn_conv1/moving_variance': tensor([4], 3),
    });
  });

  it('leaves out the optimiser, matrices and whatever is no floating-point number', async () => {
    const file = await hdf5(
      new Map<string, Hdf5Array>([
        ...kerasArrays(weights, (layer, array) => `model_weights/${layer}/${layer}/${array}:0`),
        ['model_weights/fc1/fc1/kernel:0', tensor([8, 8])],
        ['model_weights/top/count', { shape: [1], data: Int32Array.of(7) }],
        ['optimizer_weights/Adam/block1_conv1/kernel/m:0', tensor([3, 3, 3, 16])],
      ]),
    );
    expect((await readKeras(file)).size).toBe(4);
  });

  it('reads double precision', async () => {
    const data = Float64Array.of(0.1, 0.2, 0.3);
    const arrays = await readKeras(await hdf5(new Map([['a/bias:0', { shape: [3], data }]])));
    expect(arrays.get('a/bias')?.data).toStrictEqual(Float32Array.from(data));
  });

  it('keeps two files apart that are read at once', async () => {
    const files = await Promise.all([1, 2].map((seed) => hdf5(new Map([['a/bias:0', tensor([5], seed)]]))));
    const read = await Promise.all(files.map((file) => readKeras(file)));
    expect(read.map((arrays) => arrays.get('a/bias'))).toStrictEqual([tensor([5], 1), tensor([5], 2)]);
  });

  it('says that a file is none, cut short, or in the layout without names', async () => {
    const file = await hdf5(kerasArrays(weights, (layer, array) => `${layer}/${array}:0`));
    const unnamed = await hdf5(new Map([['layers/conv2d/vars/0', tensor([3, 3, 3, 4])]]));
    const refused = async (bytes: Uint8Array) => {
      const error = await readKeras(bytes, 'The file x.h5').catch((error: unknown) => error);
      expect(error).toBeInstanceOf(UserError);
      return (error as Error).message;
    };
    expect(await refused(new Uint8Array(100).fill(65))).toBe('The file x.h5 is no HDF5 file.');
    for (const length of [8, 100, file.length >> 1, file.length - 1]) {
      expect(await refused(file.slice(0, length))).toMatch(
        /^The file x.h5 is a damaged HDF5 file, perhaps cut short/,
      );
    }
    expect(await refused(unnamed)).toMatch(/layout of Keras 3, which does not name its arrays/);
    expect(printed).not.toHaveBeenCalled();
    // And the library still works after its errors.
    expect((await readKeras(file)).size).toBe(4);
  });
});

describe('TensorFlow.js', () => {
  const layers = kerasArrays(weights, (layer, array) => `${layer}/${array}`);
  const plain = [...layers].map(([name, { shape, data }]) => ({ name, shape, bytes: float32Bytes(data) }));
  const read = async (arrays: Parameters<typeof writeTensorflowjs>[1], shardBytes: number) => {
    const folder = await temporaryFolder();
    const model = await writeTensorflowjs(folder, arrays, shardBytes);
    return await readTensorflowjs(await readFile(model, 'utf8'), beside(folder), 'The model');
  };

  it.each([1000, 1001, 7919, 1 << 20])(
    'reads files of %d bytes, cut in the middle of arrays and values',
    async (bytes) => {
      expect(Object.fromEntries(await read(plain, bytes))).toStrictEqual(Object.fromEntries(layers));
    },
  );

  it.each([
    ['of a model in a model', (layer: string, array: string) => `vgg/${layer}/${array}`],
    [
      'of a graph model',
      (layer: string, array: string) =>
        `StatefulPartitionedCall/vgg/${layer}/${array === 'kernel' ? 'Conv2D' : 'BiasAdd'}/ReadVariableOp`,
    ],
    [
      'of a graph model with folded batch normalisation',
      (layer: string, array: string) => `vgg/${layer}/Conv2D_${array === 'kernel' ? 'weights' : 'bn_offset'}`,
    ],
  ])('knows the names %s', async (_what, rename) => {
    const arrays = [...kerasArrays(weights, rename)].map(([name, { shape, data }]) => ({
      name,
      shape,
      bytes: float32Bytes(data),
    }));
    const found = identifyWeights(await read(arrays, 5000), 'The file', [tiny]);
    expect(Object.fromEntries(found.weights)).toStrictEqual(Object.fromEntries(weights));
  });

  it('reads arrays quantised to uint8, uint16 and float16 between others', async () => {
    const scale = 0.01;
    const min = -1.25;
    const arrays = await read(
      [
        {
          name: 'a/bias',
          shape: [3],
          bytes: Uint8Array.of(0, 1, 255),
          quantization: { dtype: 'uint8', scale, min },
        },
        { name: 'a/count', shape: [2], dtype: 'int32', bytes: new Uint8Array(8) },
        {
          name: 'b/bias',
          shape: [2],
          bytes: new Uint8Array(Uint16Array.of(1, 65535).buffer),
          quantization: { dtype: 'uint16', scale, min },
        },
        { name: 'a/flag', shape: [3], dtype: 'bool', bytes: new Uint8Array(3) },
        { name: 'a/text', shape: [2], dtype: 'string', bytes: Uint8Array.of(1, 0, 0, 0, 65, 0, 0, 0, 0) },
        {
          name: 'c/bias',
          shape: [2],
          bytes: new Uint8Array(Uint16Array.of(0x3c00, 0xc000).buffer),
          quantization: { dtype: 'float16' },
        },
        { name: 'fc/kernel', shape: [1, 1], bytes: new Uint8Array(4) },
        { name: 'd/bias', shape: [1], bytes: float32Bytes(Float32Array.of(42)) },
        { name: 'd/m', shape: [1], group: 'optimizer', bytes: float32Bytes(Float32Array.of(43)) },
      ],
      5,
    );
    expect(Object.fromEntries([...arrays].map(([name, { data }]) => [name, data]))).toStrictEqual({
      'a/bias': Float32Array.of(min, scale + min, 255 * scale + min),
      'b/bias': Float32Array.of(scale + min, 65535 * scale + min),
      'c/bias': Float32Array.of(1, -2),
      'd/bias': Float32Array.of(42),
    });
  });

  it('refuses files that are shorter or longer than the model says', async () => {
    const folder = await temporaryFolder();
    const model = await readFile(await writeTensorflowjs(folder, plain, 8000), 'utf8');
    const last = join(folder, 'group1-shard3of3.bin');
    const bytes = await readFile(last);
    await writeFile(last, bytes.subarray(0, bytes.length - 3));
    await expect(readTensorflowjs(model, beside(folder), 'The model')).rejects.toThrow(
      'The model is damaged: its files end 3 bytes before the end of "block2_conv1/bias"; get them anew.',
    );
    await writeFile(last, Buffer.concat([bytes, Buffer.alloc(5)]));
    await expect(readTensorflowjs(model, beside(folder), 'The model')).rejects.toThrow(
      'The model is damaged: its files have 5 bytes too many; get them anew.',
    );
  });

  it.each([
    ['nonsense', 'no TensorFlow.js model: it is no JSON'],
    ['{"a": 1}', 'no TensorFlow.js model: "weightsManifest" is missing or wrong'],
    [
      '{"weightsManifest": [{"paths": ["a"], "weights": [{"name": "a", "shape": [-1], "dtype": "float32"}]}]}',
      '"weightsManifest.0.weights.0.shape.0"',
    ],
    [
      '{"weightsManifest": [{"paths": ["a"], "weights": [{"name": "a", "shape": [1e12], "dtype": "float32"}]}]}',
      '"a" cannot be 4000000000000 bytes',
    ],
    [
      '{"weightsManifest": [{"paths": ["a"], "weights": [{"name": "a", "shape": [1], "dtype": "float32", "quantization": {"dtype": "uint8"}}]}]}',
      'lacks its scale or minimum',
    ],
  ])('refuses the model %s', async (model, message) => {
    const reading = readTensorflowjs(model, async () => new Uint8Array(16), 'The file');
    await expect(reading).rejects.toThrow(UserError);
    await expect(readTensorflowjs(model, async () => new Uint8Array(16), 'The file')).rejects.toThrow(
      message,
    );
  });
});

it('turns the axes of kernels by the definition', () => {
  const { shape, data } = toHwio({ shape: [2, 1, 1, 2], data: Float32Array.of(1, 2, 3, 4) });
  expect([shape, [...data]]).toEqual([
    [1, 2, 1, 2],
    [1, 3, 2, 4],
  ]);
});
