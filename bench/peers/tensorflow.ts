import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setWasmPaths, version_wasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
// Brings the gradients of all operations, which the core's build for Node leaves out.
import '@tensorflow/tfjs-layers';
import type { Picture } from '../../src/core/picture/picture.ts';
import { norm, serve } from '../protocol.ts';
import { readScene } from '../scene.ts';
import { tensorflowObjective } from './tensorflow-objective.ts';

/* `tsx bench/peers/tensorflow.ts <scene>`: one step in TensorFlow.js on WebAssembly, which in Node has one thread. */

const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
setWasmPaths(join(dirname(entry), '/'));
await tf.setBackend('wasm');
await tf.ready();
const simd = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) ? 'SIMD, ' : '';

const { recipe, weights, pictures } = await readScene(process.argv[2] as string);
const [content, style, change] = ['content', 'style', 'change'].map((name) => {
  const { width, height, data } = pictures[name] as Picture;
  return tf.tidy(() => tf.transpose(tf.tensor4d(data, [1, 3, height, width]), [0, 2, 3, 1]));
}) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
const losses = tensorflowObjective(recipe, weights, content, style);
const gradient = tf.valueAndGrad((x) => losses(x as tf.Tensor4D).total);

await serve({
  engine: `TensorFlow.js ${version_wasm} (wasm, ${simd}1 thread)`,
  async step() {
    const { value, grad } = gradient(change);
    await Promise.all([value.data(), grad.data()]);
    tf.dispose([value, grad]);
  },
  async losses() {
    const { value, grad } = gradient(change);
    const parts = tf.tidy(() => losses(change));
    const first = (x: tf.Tensor) => x.dataSync()[0] as number;
    const found = {
      content: first(parts.content),
      style: first(parts.style),
      tv: first(parts.tv),
      total: first(value),
      gradient: norm(grad.dataSync()),
    };
    tf.dispose([value, grad, ...Object.values(parts)]);
    return found;
  },
});
