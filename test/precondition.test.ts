import fc from 'fast-check';
import { objective, preconditionOf, runOnce, type ScalePlan, windowShares } from 'velatura';
import { describe, expect, it } from 'vitest';
import { noise } from './support/reference.ts';
import { testEngine } from './support/run.ts';
import { architecture, network, tinyPainter } from './support/tiny.ts';

const engine = testEngine();

async function filtered(change: Float32Array, width: number, height: number): Promise<Float32Array> {
  const size = { width, height };
  const found = await runOnce(engine, preconditionOf(size), { change, shares: windowShares(size) });
  return found.preconditioned as Float32Array;
}

const inner = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);

describe('the filter through which L-BFGS moves a picture', () => {
  it('is symmetric and positive at any size, and so a change of variables', async () => {
    const side = fc.integer({ min: 1, max: 40 });
    await fc.assert(
      fc.asyncProperty(side, side, fc.integer({ min: 1, max: 99 }), async (width, height, seed) => {
        const [a, b] = [noise(seed, 3 * width * height), noise(seed + 500, 3 * width * height)].map((x) =>
          Float32Array.from(x),
        ) as [Float32Array, Float32Array];
        const [fa, fb] = [await filtered(a, width, height), await filtered(b, width, height)];
        const size = Math.sqrt(inner(fa, fa) * inner(b, b));
        expect(Math.abs(inner(fa, b) - inner(a, fb)) / size).toBeLessThan(1e-5);
        expect(inner(fa, a)).toBeGreaterThanOrEqual(0.9999 * inner(a, a));
      }),
      { numRuns: 25, seed: 11 },
    );
  });

  it('moves large forms further than strokes, to the edges, but for those from green to magenta', async () => {
    const [width, height] = [61, 45];
    const plane = width * height;
    const plain = (colour: readonly number[]) =>
      Float32Array.from({ length: 3 * plane }, (_, i) => colour[Math.floor(i / plane)] as number);
    const cases: [number[], number][] = [
      [[1, 1, 1], 4],
      [[1, 0, -1], 4],
      [[1, -2, 1], 1],
    ];
    for (const [colour, times] of cases) {
      const change = plain(colour);
      const found = await filtered(change, width, height);
      found.forEach((value, i) => {
        expect(value).toBeCloseTo(times * (change[i] as number), 4);
      });
    }
    const strokes = plain([1, 1, 1]).map((x, i) => x * (-1) ** ((i % width) + Math.floor(i / width)));
    const found = await filtered(strokes, width, height);
    const middle = Math.floor(height / 2) * width + Math.floor(width / 2);
    expect(found[middle]).toBeCloseTo(strokes[middle] as number, 2);
  });

  it('is seen by the objective and by its gradient', async () => {
    const size = { width: 24, height: 20 };
    const shape = [1, 3, size.height, size.width];
    const options = {
      ...size,
      network,
      pooling: architecture.pooling,
      margin: 0,
      edges: 'mirror' as const,
      projection: 1,
      styleLoss: 'gram' as const,
      contentTaps: {},
      styleTaps: {},
      contentWeight: 0,
      styleWeight: 0,
      tvWeight: 1,
      losses: 'relative' as const,
      soft: true,
    };
    const length = shape.reduce((a, b) => a * b);
    const start = Float32Array.from(noise(3, length));
    const change = Float32Array.from(noise(4, length), (x) => x / 10);
    const moved = await filtered(change, size.width, size.height);
    const found = await runOnce(engine, objective({ ...options, preconditioned: true }), { start, change });
    const plain = await runOnce(engine, objective(options), { start, change: moved });
    expect(found.total?.[0]).toBeCloseTo(plain.total?.[0] as number, 5);
    const expected = await filtered(plain.gradient as Float32Array, size.width, size.height);
    found.gradient?.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] as number, 5);
    });
  });

  it('is the same in tiles as in one piece', async () => {
    const { steps } = tinyPainter(engine, {
      scales: [96],
      steps: [5],
      contentTaps: { block3_conv1: 1 },
      styleTaps: { block1_conv1: 1, block2_conv1: 1 },
    });
    const lbfgs: ScalePlan = { styles: [undefined], history: 10 };
    const counts = [
      { columns: 3, rows: 2 },
      { columns: 2, rows: 1 },
    ];
    const whole = await steps({}, { plan: [lbfgs] });
    const tiled = await steps({}, { plan: [{ ...lbfgs, cutting: { cuts: [2], counts } }] });
    for (const [i, { loss }] of tiled.entries()) {
      const expected = whole[i]?.loss.total as number;
      expect(Math.abs(loss.total / expected - 1), `step ${i + 1}`).toBeLessThan(1e-3);
    }
    expect(whole.at(-1)?.loss.total).toBeLessThan(0.9 * (whole[0]?.loss.total as number));
  });
});
