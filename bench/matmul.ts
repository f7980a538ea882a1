import * as ort from 'onnxruntime-node';
import { input, matmul, serialize } from 'velatura';
import { serve } from './protocol.ts';
import { noise } from './scene.ts';

/* `tsx bench/matmul.ts <n>`: the product of two n by n matrices in ONNX Runtime, what the machine can do. */

const n = Number(process.argv[2]);
const model = serialize({ product: matmul(input('a', [n, n]), input('b', [n, n])) });
const session = await ort.InferenceSession.create(model, { executionProviders: ['cpu'] });
const feeds = Object.fromEntries(
  ['a', 'b'].map((name) => [name, new ort.Tensor('float32', noise(n * n, 1), [n, n])]),
);
await serve({
  engine: 'onnxruntime-node',
  step: async () => void (await session.run(feeds)),
  losses: () => Promise.reject(new Error('A product of matrices has no losses.')),
});
