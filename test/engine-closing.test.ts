import { spawnSync } from 'node:child_process';
import { constant, createEngine, input, matmul, serialize } from 'velatura';
import { describe, expect, it } from 'vitest';

/** A product that takes some tenths of a second: long enough to be in the middle of. */
const size = 3000;
const model = () =>
  serialize({
    y: matmul(input('x', [size, size]), constant(new Float32Array(size * size).fill(1), [size, size])),
  });

describe('an engine that is closed in the middle of a run', () => {
  it('lets the run end, and takes no more', async () => {
    const engine = createEngine();
    const program = await engine.compile(model());
    const running = program.run({ x: new Float32Array(size * size).fill(2) }, ['y']);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await engine.close();
    expect((await running).y?.[0]).toBe(2 * size);
    await expect(program.run({}, ['y'])).rejects.toThrow(/onnxruntime-node .* has been closed/);
  });

  it.each([1, 2])('by the end of the process does not abort it: %i asked for', (runs) => {
    const code = `
      import { constant, createEngine, input, matmul, serialize } from 'velatura';
      const n = ${size};
      const model = serialize({ y: matmul(input('x', [n, n]), constant(new Float32Array(n * n), [n, n])) });
      const program = await createEngine().compile(model);
      const asked = Array.from({ length: ${runs} }, () => program.run({ x: new Float32Array(n * n) }, ['y']));
      setTimeout(() => process.exit(7), 50);`;
    const child = spawnSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8' });
    expect({ status: child.status, signal: child.signal, stderr: child.stderr }).toEqual({
      status: 7,
      signal: null,
      stderr: '',
    });
  });
});
