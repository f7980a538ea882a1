import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  chooseProvider,
  constant,
  conv2d,
  createEngine,
  gradient,
  gram,
  input,
  maxPool,
  preparePainting,
  pullModel,
  relu,
  scale,
  serialize,
  sumSquares,
  writePicture,
} from 'velatura';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { decide } from '../src/node/engine/provider.ts';
import { events, velatura } from './support/cli.ts';
import { testFolder, waves } from './support/pictures.ts';
import { noise, relativeError } from './support/reference.ts';
import { testEngine } from './support/run.ts';

// A machine may be busy with other tests, and a GPU that the processor imitates takes seconds to try out.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 600_000 });

const missing = {
  failure: 'webgpu_context.cc:136 Failed to get a WebGPU adapter: No supported adapters',
};

describe('the choice of a provider', () => {
  it('is WebGPU where that works, if it is asked for or faster', () => {
    expect(decide('cpu', { cpu: 9, webgpu: 1 })).toEqual({ provider: 'cpu' });
    expect(decide('auto', { cpu: 9, webgpu: 1 })).toEqual({ provider: 'webgpu' });
    expect(decide('webgpu', { cpu: 9, webgpu: 1 })).toEqual({ provider: 'webgpu' });
  });

  it('warns of a GPU that is slower than the processor, which auto then takes', () => {
    expect(decide('auto', { cpu: 1, webgpu: 9 })).toEqual({
      provider: 'cpu',
      note: expect.stringMatching(/slower here than the processor/),
    });
    expect(decide('webgpu', { cpu: 1, webgpu: 9 })).toEqual({
      provider: 'webgpu',
      note: expect.stringMatching(/the engine cpu would be faster/),
    });
  });

  it('says what is wrong where WebGPU does not work', () => {
    expect(decide('auto', missing)).toEqual({
      provider: 'cpu',
      note: expect.stringMatching(/^No adapter for WebGPU was found.*; the processor is used instead\.$/),
    });
    // By name, since the built package has a class of its own.
    expect(() => decide('webgpu', missing)).toThrow(expect.objectContaining({ name: 'UserError' }));
    expect(() => decide('webgpu', missing)).toThrow(
      /^No adapter for WebGPU.*: choose the engine cpu, or auto\.$/,
    );
    expect(() => decide('webgpu', { failure: 'its trial ended with SIGSEGV' })).toThrow(
      'WebGPU does not work here (its trial ended with SIGSEGV): choose the engine cpu, or auto.',
    );
  });

  it('refuses other names, with those that there are', async () => {
    const message = 'There is no engine "gpu": choose cpu, webgpu or auto.';
    await expect(chooseProvider('gpu' as 'cpu')).rejects.toThrow(message);
    await expect(preparePainting('a.png', { style: 'b.png', engine: 'gpu' as 'cpu' })).rejects.toThrow(
      message,
    );
  });

  it('stands in the name of the engine', async () => {
    const engines = [createEngine(), createEngine({ provider: 'webgpu', threads: 2 })];
    expect(engines.map(({ name }) => name)).toEqual([
      expect.stringMatching(/^onnxruntime-node \d+\.\d+\.\d+ \(cpu\)$/),
      expect.stringMatching(/^onnxruntime-node \d+\.\d+\.\d+ \(webgpu, 2 threads\)$/),
    ]);
    await Promise.all(engines.map((engine) => engine.close()));
  });
});

describe('velatura paint --engine', () => {
  const folder = testFolder();
  const content = join(folder, 'content.png');
  const style = join(folder, 'style.png');
  const paint = ['paint', content, '--style', style, '--size', '32', '--scales', '32', '--steps', '2'];
  // What Vulkan's loader is told by these it takes for all the drivers that there are.
  const env = { VK_DRIVER_FILES: '/nonexistent', VK_ICD_FILENAMES: '/nonexistent' };
  const where = () => ({ cwd: mkdtempSync(join(folder, 'place-')), env });
  const hiding = it.skipIf(process.platform !== 'linux');

  beforeAll(async () => {
    await writePicture(content, waves(40, 30));
    await writePicture(style, waves(30, 40));
    await pullModel('resnet50');
  });

  it('refuses a name that there is not', async () => {
    expect(await velatura([...paint, '--engine', 'gpu'], where())).toMatchObject({
      code: 2,
      stdout: '',
      stderr: 'There is no engine "gpu": choose cpu, webgpu or auto.\n',
    });
  });

  // Elsewhere than on Linux a GPU cannot be hidden from a process.
  hiding('webgpu says what is missing, and exits with code 2, without an adapter', async () => {
    const { code, stdout, stderr } = await velatura([...paint, '--engine', 'webgpu'], where());
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^No adapter for WebGPU was found.*: choose the engine cpu, or auto\.\n$/);
  });

  hiding('auto says so once, and paints on the processor, without an adapter', async () => {
    const { code, stdout, stderr } = await velatura([...paint, '--engine', 'auto', '--json'], where());
    expect(code).toBe(0);
    expect(stderr).toMatch(/^No adapter for WebGPU was found.*; the processor is used instead\.\n$/);
    expect(events(stdout)[0]).toMatchObject({ event: 'start', engine: expect.stringContaining('(cpu') });
  });

  hiding('auto says nothing of it with --quiet', async () => {
    const outcome = await velatura([...paint, '--engine', 'auto', '--quiet', '-o', 'a.png'], where());
    expect(outcome).toEqual({ code: 0, signal: null, stdout: 'a.png\n', stderr: '' });
  });
});

describe('the engine of a process', () => {
  const folder = testFolder();
  it('leaves nothing of its own in the home and among temporary files', () => {
    const places = ['home', 'temporary'].map((name) => mkdtempSync(join(folder, name)));
    const [HOME, TMPDIR] = places;
    const code = `
      import { createEngine, input, scale, serialize } from 'velatura';
      const engine = createEngine();
      const program = await engine.compile(serialize({ y: scale(input('x', [2]), 2) }));
      await program.run({ x: new Float32Array(2) }, ['y']);
      await engine.close();`;
    const env = { ...process.env, HOME, TMPDIR, ORT_DISABLE_TELEMETRY: undefined };
    const words = ['--input-type=module', '--eval', code];
    const { status, stderr } = spawnSync(process.execPath, words, { env, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(places.flatMap((place) => readdirSync(place))).toEqual([]);
  });
});

describe('what a program is fed', () => {
  const engine = testEngine();
  const build = async () => {
    const x = input('x', [2, 3]);
    return await engine.compile(serialize({ y: scale(x, 2) }));
  };
  const values = (...numbers: number[]) => Float32Array.from(numbers);

  it('stays until something else is given', async () => {
    const program = await build();
    const first = await program.run({ x: values(1, 2, 3, 4, 5, 6) }, ['y']);
    const second = await program.run({}, ['y']);
    expect([...(first.y ?? [])]).toEqual([2, 4, 6, 8, 10, 12]);
    expect(second).toEqual(first);
    await program.release();
  });

  it('can be replaced in parts, and is zero to begin with', async () => {
    const program = await build();
    await program.write('x', 4, values(7, 8));
    const first = await program.run({}, ['y']);
    expect([...(first.y ?? [])]).toEqual([0, 0, 0, 0, 14, 16]);
    await program.write('x', 0, values(1));
    await program.write('x', 2, values(2, 3));
    const second = await program.run({}, ['y']);
    expect([...(second.y ?? [])]).toEqual([2, 0, 4, 6, 14, 16]);
    await program.release();
  });

  it('is for the run that it was given with, whatever comes after', async () => {
    const program = await build();
    const [, second] = await Promise.all([
      program.run({ x: values(1, 2, 3, 4, 5, 6) }, ['y']),
      program.run({}, ['y']),
      program.write('x', 0, values(9)),
    ]);
    expect([...(second.y as Float32Array)]).toEqual([2, 4, 6, 8, 10, 12]);
    await program.release();
  });

  it('can be read back, whole or in part', async () => {
    const program = await build();
    expect([...(await program.read('x', 0, 6))]).toEqual([0, 0, 0, 0, 0, 0]);
    await program.write('x', 4, values(7, 8));
    expect([...(await program.read('x', 3, 2))]).toEqual([0, 7]);
    await program.run({ x: values(1, 2, 3, 4, 5, 6) }, ['y']);
    expect([...(await program.read('x', 0, 6))]).toEqual([1, 2, 3, 4, 5, 6]);
    await program.release();
  });

  it('has no other parts, and there are no other inputs', async () => {
    const program = await build();
    const beyond = /has 6 values, and none from 5 to 7/;
    await expect(program.read('x', 5, 2)).rejects.toThrow(beyond);
    await expect(program.write('x', 5, values(1, 2))).rejects.toThrow(beyond);
    await expect(program.read('z', 0, 1)).rejects.toThrow(/there is no input "z"/);
    await expect(program.write('z', 0, values(1))).rejects.toThrow(/there is no input "z"/);
    await program.release();
  });
});

describe('the engine on WebGPU', () => {
  let reason: string | undefined;
  beforeAll(async () => {
    reason = await chooseProvider('webgpu').then(
      () => undefined,
      ({ message }) => message,
    );
  });

  /** A loss of two convolutions with both kinds of pooling between them, and its gradient. */
  function model(): Uint8Array {
    const x = input('x', [1, 3, 24, 20]);
    const kernels = (seed: number, out: number, channels: number) =>
      constant(Float32Array.from(noise(seed, out * channels * 9)), [out, channels, 3, 3]);
    const first = relu(conv2d(x, kernels(1, 8, 3), undefined, { stride: 2, padding: 1 }));
    const pooled = maxPool(first, { kernel: 3, stride: 2, padding: 1 });
    const second = relu(conv2d(pooled, kernels(500, 16, 8), undefined, { padding: 1 }));
    const loss = sumSquares(gram(maxPool(second, { kernel: 2, stride: 2 })));
    const [dx] = gradient(loss, [x]);
    return serialize({ loss, dx: dx as typeof x });
  }

  async function results(provider: 'cpu' | 'webgpu', runs: number) {
    const engine = createEngine({ provider });
    const program = await engine.compile(model());
    let found: Record<string, Float32Array> = {};
    for (let i = 0; i < runs; i++) {
      found = await program.run({ x: Float32Array.from(noise(7, 3 * 24 * 20)) }, ['loss', 'dx']);
    }
    await engine.close();
    return found;
  }

  it('computes what the processor computes, pooling with indices included', async (test) => {
    test.skip(reason !== undefined, reason);
    const [expected, found] = [await results('cpu', 1), await results('webgpu', 1)];
    expect(relativeError(found.loss ?? [], Array.from(expected.loss ?? []))).toBeLessThan(1e-4);
    expect(relativeError(found.dx ?? [], Array.from(expected.dx ?? []))).toBeLessThan(1e-3);
  });

  it('runs beside others of its kind, which take turns', async (test) => {
    test.skip(reason !== undefined, reason);
    const all = await Promise.all([results('webgpu', 30), results('webgpu', 30), results('webgpu', 30)]);
    expect(all[1]).toEqual(all[0]);
    expect(all[2]).toEqual(all[0]);
  });

  it('fails with a sentence where it cannot be', async (test) => {
    test.skip(reason === undefined, 'there is an adapter');
    const engine = createEngine({ provider: 'webgpu' });
    await expect(engine.compile(model())).rejects.toThrow(/^onnxruntime-node .* \(webgpu\) failed: /);
    await engine.close();
  });
});
