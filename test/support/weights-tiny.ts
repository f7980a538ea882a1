/* Weights of the tiny network, and files of every kind with them in it. */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Weights, WeightTensor } from '../../src/core/weights/index.ts';

export { tiny } from './weights-network.ts';

/** Values in [-1,1) that are the same on every run. */
export function values(count: number, seed = 1): Float32Array {
  let state = seed * 2654435761;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

export function tensor(shape: readonly number[], seed = 1): WeightTensor {
  return { shape, data: values(size(shape), seed) };
}

export function size(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** Weights of the tiny network by canonical names. */
export function tinyWeights(seed = 1): Map<string, WeightTensor> {
  return new Map([
    ['block1_conv1.weight', tensor([16, 3, 3, 3], seed)],
    ['block1_conv1.bias', tensor([16], seed + 1)],
    ['block2_conv1.weight', tensor([32, 16, 3, 3], seed + 2)],
    ['block2_conv1.bias', tensor([32], seed + 3)],
  ]);
}

/** `[out, in, height, width]` to `[height, width, in, out]`, by the definition. */
export function toHwio({ shape, data }: WeightTensor): WeightTensor {
  const [out, input, height, width] = shape as [number, number, number, number];
  const turned: number[] = [];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let i = 0; i < input; i++)
        for (let o = 0; o < out; o++) turned.push(data[((o * input + i) * height + y) * width + x] as number);
  return { shape: [height, width, input, out], data: Float32Array.from(turned) };
}

/** The same weights as Keras stores them, under names that `rename` makes of layer and array. */
export function kerasArrays(
  weights: Weights,
  rename: (layer: string, array: 'kernel' | 'bias') => string,
): Map<string, WeightTensor> {
  return new Map(
    [...weights].map(([name, found]) => {
      const [layer, array] = name.split('.') as [string, string];
      return array === 'weight' ? [rename(layer, 'kernel'), toHwio(found)] : [rename(layer, 'bias'), found];
    }),
  );
}

export interface Hdf5Array {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array;
}

/** An HDF5 file with a dataset at each path. */
export async function hdf5(arrays: ReadonlyMap<string, Hdf5Array>): Promise<Uint8Array> {
  const { default: h5wasm } = await import('h5wasm');
  const { FS } = await h5wasm.ready;
  const path = `/${randomUUID()}.h5`;
  const file = new h5wasm.File(path, 'w');
  const groups = new Set<string>();
  for (const [name, { shape, data }] of arrays) {
    const parts = name.split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const group = parts.slice(0, depth).join('/');
      if (!groups.has(group)) file.create_group(group);
      groups.add(group);
    }
    file.create_dataset({ name, data, shape: [...shape] });
  }
  file.close();
  const bytes = (FS.readFile(path) as Uint8Array).slice();
  FS.unlink(path);
  return bytes;
}

/** A new empty folder, gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'velatura-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface StoredArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
  readonly dtype?: string;
  readonly quantization?: Record<string, unknown>;
  readonly group?: string;
}

/** A TensorFlow.js model whose one group is cut into files of `shardBytes`, wherever that falls. */
export async function writeTensorflowjs(
  folder: string,
  arrays: readonly StoredArray[],
  shardBytes: number,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const all = Buffer.concat(arrays.map(({ bytes }) => bytes));
  const count = Math.ceil(all.length / shardBytes);
  const paths = Array.from({ length: count }, (_, i) => `group1-shard${i + 1}of${count}.bin`);
  for (const [i, path] of paths.entries()) {
    await writeFile(join(folder, path), all.subarray(i * shardBytes, (i + 1) * shardBytes));
  }
  const weights = arrays.map(({ bytes: _, dtype = 'float32', ...rest }) => ({ ...rest, dtype }));
  const model = join(folder, 'model.json');
  await writeFile(
    model,
    JSON.stringify({ format: 'layers-model', modelTopology: {}, weightsManifest: [{ paths, weights }] }),
  );
  return model;
}

/** The bytes of an array, as little-endian float32. */
export function float32Bytes(data: Float32Array): Uint8Array {
  return new Uint8Array(data.slice().buffer);
}

/** Reads beside a `model.json`. */
export const beside = (folder: string) => (path: string) => readFile(join(folder, path));
