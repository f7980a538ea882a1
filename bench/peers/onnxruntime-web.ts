import { availableParallelism } from 'node:os';
import * as ort from 'onnxruntime-web';
import type { Engine } from '../../src/core/engine.ts';
import { serve } from '../protocol.ts';
import { readScene } from '../scene.ts';
import { stepOf } from '../step-of.ts';

/* `tsx bench/peers/onnxruntime-web.ts <scene>`: the graph that Velatura writes, in ONNX Runtime for browsers. */

const threads = availableParallelism();
ort.env.wasm.numThreads = threads;
ort.env.logLevel = 'fatal';

const engine: Engine = {
  name: `onnxruntime-web ${ort.env.versions.web} (wasm, ${threads} threads)`,
  async compile(model) {
    const session = await ort.InferenceSession.create(model, { executionProviders: ['wasm'] });
    const feeds: Record<string, ort.Tensor> = {};
    const held = (name: string) => {
      const value = feeds[name];
      if (!value) throw new Error(`The input "${name}" has no value yet.`);
      return value.data as Float32Array;
    };
    return {
      inputs: { kind: 'inputs' },
      async run(values, fetches) {
        for (const { name, ...metadata } of session.inputMetadata) {
          const value = values[name];
          if (value instanceof Float32Array && metadata.isTensor)
            feeds[name] = new ort.Tensor('float32', value, metadata.shape as number[]);
        }
        const results = await session.run(feeds, fetches);
        return Object.fromEntries(fetches.map((name) => [name, results[name]?.data as Float32Array]));
      },
      write: async (name, at, values) => held(name).set(values, at),
      read: async (name, at, length) => held(name).slice(at, at + length),
      release: () => session.release(),
    };
  },
  close: async () => {},
};

await serve(await stepOf(await readScene(process.argv[2] as string), engine));
