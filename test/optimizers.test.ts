import fc from 'fast-check';
import {
  adam,
  createEngine,
  type LbfgsOptions,
  type LbfgsState,
  lbfgs,
  loaded,
  type Optimizer,
  type OptimizerState,
  type SavedOptimizer,
  scratchStore,
} from 'velatura';
import { describe, expect, it } from 'vitest';
import { testFolder } from './support/pictures.ts';
import { noise } from './support/reference.ts';
import { testEngine } from './support/run.ts';

const engine = testEngine();

interface Problem {
  readonly loss: (x: Float32Array) => number;
  readonly gradient: (x: Float32Array) => Float32Array;
}

/** `½ Σ cᵢ (xᵢ - tᵢ)²`, as stiff as its curvatures differ. */
function quadratic(curvatures: readonly number[], target: readonly number[]): Problem {
  const away = (x: Float32Array, i: number) => (x[i] as number) - (target[i] as number);
  return {
    loss: (x) => curvatures.reduce((sum, c, i) => sum + (c * away(x, i) ** 2) / 2, 0),
    gradient: (x) => Float32Array.from(curvatures, (c, i) => c * away(x, i)),
  };
}

/** Rosenbrock's curved valley; its minimum is 0 at (1, 1). */
const rosenbrock: Problem = {
  loss: ([x = 0, y = 0]) => (1 - x) ** 2 + 100 * (y - x * x) ** 2,
  gradient: ([x = 0, y = 0]) => Float32Array.of(-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)),
};

async function minimize<S extends OptimizerState>(
  optimizer: Optimizer<S>,
  problem: Problem,
  start: Float32Array,
  steps: number,
) {
  const state = await optimizer.init(start);
  const best: number[] = [];
  for (let step = 0; step < steps && !state.converged; step++) {
    await optimizer.update(state, problem.loss(loaded(state.point)), problem.gradient(loaded(state.point)));
    best.push(problem.loss(loaded(state.best)));
  }
  const found = loaded(state.best).slice();
  await optimizer.release(state);
  return { state, found, best };
}

/** With its history in the engine, here in memory, and in a store. */
const folder = testFolder();
const kinds: readonly (readonly [string, (options?: LbfgsOptions) => Optimizer<LbfgsState>])[] = [
  ['in the engine', (options) => lbfgs(engine, options)],
  ['in memory', (options) => lbfgs(undefined, options)],
  ['in a store', (options) => lbfgs(undefined, options, scratchStore(folder))],
];

describe.each(kinds)('L-BFGS %s', (_, lbfgs) => {
  it('finds the minimum of any quadratic bowl', async () => {
    const size = fc.integer({ min: 1, max: 12 });
    await fc.assert(
      fc.asyncProperty(size, fc.integer({ min: 0, max: 999 }), async (n, seed) => {
        const curvatures = Array.from(noise(seed * 31 + 1, n), (v) => 10 ** (2 * v));
        const target = Array.from(noise(seed * 37 + 2, n));
        const { found } = await minimize(lbfgs(), quadratic(curvatures, target), new Float32Array(n), 200);
        target.forEach((value, i) => {
          expect(Math.abs((found[i] as number) - value)).toBeLessThan(0.01);
        });
      }),
      { numRuns: 20, seed: 11 },
    );
  });

  it('follows a curved valley to its end', async () => {
    const { best } = await minimize(lbfgs(), rosenbrock, Float32Array.of(-1.2, 1), 200);
    expect(best.at(-1)).toBeLessThan(1e-5);
  });

  it('never lets the loss rise, also where the loss is not finite outside a small region', async () => {
    const walled: Problem = {
      loss: (x) => ((x[0] as number) > 0 ? (x[0] as number) - Math.log(x[0] as number) : Number.NaN),
      gradient: (x) => Float32Array.of(1 - 1 / (x[0] as number)),
    };
    const { found, best } = await minimize(lbfgs({ firstMove: 50 }), walled, Float32Array.of(5), 100);
    for (const [i, loss] of best.entries()) expect(loss).toBeLessThanOrEqual(best[i - 1] ?? loss);
    expect(Math.abs((found[0] as number) - 1)).toBeLessThan(0.01);
  });

  it('stops by itself where there is nothing better', async () => {
    const flat: Problem = { loss: () => 3, gradient: (x) => new Float32Array(x.length) };
    expect((await minimize(lbfgs(), flat, Float32Array.of(1, 2), 50)).state.converged).toBe(true);
    const lying: Problem = { loss: (x) => Math.abs(x[0] as number), gradient: () => Float32Array.of(-1) };
    const { state, best } = await minimize(lbfgs(), lying, Float32Array.of(0), 50);
    expect(state.converged).toBe(true);
    expect(best.at(-1)).toBe(0);
  });

  it('keeps its history short', async () => {
    const n = 30;
    const problem = quadratic(
      Array.from(noise(1, n), (v) => 10 ** (3 * v)),
      Array.from(noise(2, n)),
    );
    const { state } = await minimize(lbfgs({ history: 4 }), problem, new Float32Array(n), 40);
    expect(state.slots.length).toBe(4);
  });
});

describe('the histories of L-BFGS', () => {
  it('are the same but for rounding, and in a store the same bit for bit, over several pieces', async () => {
    const n = (1 << 20) + 77;
    const curvatures = Float32Array.from({ length: n }, (_, i) => 1 + (i % 7));
    const gradient = (x: Float32Array) => x.map((v, i) => (curvatures[i] as number) * (v - Math.sin(i)));
    const loss = (x: Float32Array) =>
      x.reduce((sum, v, i) => sum + ((curvatures[i] as number) * (v - Math.sin(i)) ** 2) / 2, 0);
    const ends: Float32Array[] = [];
    for (const [, lbfgs] of kinds) {
      const state = await lbfgs({ history: 2 }).init(new Float32Array(n));
      for (let step = 0; step < 5; step++) {
        const x = loaded(state.point);
        await lbfgs({ history: 2 }).update(state, loss(x), gradient(x));
      }
      expect(state.filled).toBe(2);
      ends.push(loaded(state.point).slice());
      await lbfgs().release(state);
    }
    const [inEngine, inMemory, inStore] = ends as [Float32Array, Float32Array, Float32Array];
    expect(Buffer.compare(Buffer.from(inMemory.buffer), Buffer.from(inStore.buffer))).toBe(0);
    expect(
      Math.max(
        ...[0, 1, 77, 1 << 19, n - 1].map((i) => Math.abs((inMemory[i] as number) - (inEngine[i] as number))),
      ),
    ).toBeLessThan(1e-3);
    expect(loss(inMemory) / loss(inEngine)).toBeCloseTo(1, 2);
  });
});

describe('Adam', () => {
  it('comes near the minimum of a stiff bowl, and keeps the best point', async () => {
    const problem = quadratic([1, 100, 0.1], [0.5, -0.3, 0.2]);
    const { state, best } = await minimize(adam({ stepSize: 0.02 }), problem, new Float32Array(3), 400);
    expect(best.at(-1)).toBeLessThan(1e-3);
    for (const [i, loss] of best.entries()) expect(loss).toBeLessThanOrEqual(best[i - 1] ?? loss);
    expect(problem.loss(loaded(state.best))).toBe(best.at(-1));
  });

  it('takes back a step into where the loss is not finite', async () => {
    const walled: Problem = {
      loss: (x) => ((x[0] as number) > 0.99 ? Number.NaN : -(x[0] as number)),
      gradient: (x) => Float32Array.of((x[0] as number) > 0.99 ? Number.NaN : -1),
    };
    const { state } = await minimize(adam({ stepSize: 0.1 }), walled, Float32Array.of(0), 100);
    expect(loaded(state.best)[0]).toBeGreaterThan(0.8);
    expect(loaded(state.point).every(Number.isFinite)).toBe(true);
  });
});

describe('an optimiser that goes on from what it saved', () => {
  /** A valley whose gradient points the wrong way in narrow stripes. */
  const striped: Problem = {
    loss: rosenbrock.loss,
    gradient: (x) => {
      const lies = Math.floor(40 * (x[0] as number)) % 4 === 0;
      return rosenbrock.gradient(x).map((g) => (lies ? -g : g));
    },
  };

  async function compare<S extends OptimizerState>(optimizer: Optimizer<S>, problem: Problem, steps: number) {
    const found: { saved: SavedOptimizer; point: number[] }[] = [];
    const state = await optimizer.init(Float32Array.of(-1.2, 1));
    while (found.length < steps && !state.converged) {
      found.push({ saved: await optimizer.save(state), point: [...loaded(state.point)] });
      await optimizer.update(state, problem.loss(loaded(state.point)), problem.gradient(loaded(state.point)));
    }
    await optimizer.release(state);
    for (const [i, { saved }] of found.entries()) {
      const again = await optimizer.restore(saved);
      for (const { point } of found.slice(i, i + 15)) {
        expect([...loaded(again.point)]).toEqual(point);
        await optimizer.update(
          again,
          problem.loss(loaded(again.point)),
          problem.gradient(loaded(again.point)),
        );
      }
      await optimizer.release(again);
    }
    return found.map(({ saved }) => saved.values);
  }

  const lines = 'also in a line search and with steps that it has forgotten';
  it.each(kinds)(`takes the same points, bit for bit: L-BFGS %s, ${lines}`, async (_, lbfgs) => {
    const values = [...(await compare(lbfgs(), rosenbrock, 40)), ...(await compare(lbfgs(), striped, 60))];
    // There have been all of these.
    expect(values.some(({ trials }) => Number(trials) > 0)).toBe(true);
    expect(values.some(({ filled, slots }) => filled === 10 && (slots as number[]).length === 10)).toBe(true);
    expect(values.some(({ filled, slots }) => Number(filled) > (slots as number[]).length)).toBe(true);
  });

  it('takes the same points, bit for bit, with more threads than the history has rows for', async () => {
    const many = createEngine({ threads: 16 });
    const length = 20_000;
    const curvatures = Array.from(noise(5, length), (v) => 10 ** (2 * v));
    const valley = quadratic(curvatures, Array.from(noise(6, length)));
    const optimizer = lbfgs(many);
    const state = await optimizer.init(new Float32Array(length));
    const step = (at: LbfgsState) =>
      optimizer.update(at, valley.loss(loaded(at.point)), valley.gradient(loaded(at.point)));
    for (let done = 0; done < 15; done++) {
      const again = await optimizer.restore(await optimizer.save(state));
      await step(again);
      await step(state);
      expect(Buffer.from(loaded(again.point).buffer).equals(Buffer.from(loaded(state.point).buffer))).toBe(
        true,
      );
      await optimizer.release(again);
    }
    await optimizer.release(state);
    await many.close();
  });

  it('takes the same points, bit for bit: Adam', async () => {
    await compare(adam(), rosenbrock, 40);
  });

  it('refuses what another one saved', async () => {
    const state = await adam().init(Float32Array.of(1));
    const saved = await adam().save(state);
    await expect(lbfgs(engine).restore(saved)).rejects.toThrow(
      /^The optimiser's saved state has no "filled"/,
    );
  });
});
