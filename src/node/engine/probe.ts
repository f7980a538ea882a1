import * as ort from 'onnxruntime-node';
import { constant, conv2d, input, serialize, sumSquares } from '../../core/graph/index.ts';
import type { Provider } from './provider.ts';

/*
 * A program of its own that tries WebGPU out: it runs a convolution as paintings have them on both providers, and sends
 * its parent what it found.
 */

/** Why WebGPU does not work, or the milliseconds that each provider takes. */
export type Finding = { readonly failure: string } | { readonly cpu: number; readonly webgpu: number };

const CHANNELS = 128;
const SIDE = 64;
const RUNS = 5;
/** A run of so many milliseconds need not be repeated: no processor takes as long. */
const ENOUGH = 200;

// Ctrl-C reaches all processes of a terminal; what to make of it is for the parent to say.
process.on('SIGINT', () => {});
ort.env.logLevel = 'fatal';
process.send?.(await find());
process.disconnect?.();

async function find(): Promise<Finding> {
  try {
    const webgpu = await time('webgpu');
    const cpu = await time('cpu');
    const off = Math.abs(webgpu.result - cpu.result) / cpu.result;
    if (!(off < 1e-3)) return { failure: 'it computes wrong numbers' };
    return { cpu: cpu.milliseconds, webgpu: webgpu.milliseconds };
  } catch (error) {
    const [failure = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    return { failure };
  }
}

/** The fastest of a few runs, after one that prepares them. */
async function time(provider: Provider): Promise<{ result: number; milliseconds: number }> {
  const x = input('x', [1, CHANNELS, SIDE, SIDE]);
  const kernels = constant(waves(CHANNELS * CHANNELS * 9), [CHANNELS, CHANNELS, 3, 3]);
  const model = serialize({ y: sumSquares(conv2d(x, kernels, undefined, { padding: 1 })) });
  const session = await ort.InferenceSession.create(model, {
    executionProviders: [provider],
    logSeverityLevel: 4,
  });
  const feeds = { x: new ort.Tensor('float32', waves(CHANNELS * SIDE * SIDE), x.shape) };
  let { y } = await session.run(feeds);
  let milliseconds = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    ({ y } = await session.run(feeds));
    milliseconds = Math.min(milliseconds, performance.now() - start);
    if (milliseconds > ENOUGH) break;
  }
  await session.release();
  return { result: Number(y?.data[0]), milliseconds };
}

function waves(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(i));
}
