import fc from 'fast-check';
import { adam, lbfgs, loaded, type Optimizer, type OptimizerState, type SavedOptimizer } from 'velatura';
import { describe, expect, it } from 'vitest';
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
  await optimizer.release(state);
  return { state, best };
}

describe('L-BFGS', () => {
  it('finds the minimum of any quadratic bowl', async () => {
    const size = fc.integer({ min: 1, max: 12 });
    await fc.assert(
      fc.asyncProperty(size, fc.integer({ min: 0, max: 999 }), async (n, seed) => {
        const curvatures = Array.from(noise(seed * 31 + 1, n), (v) => 10 ** (2 * v));
        const target = Array.from(noise(seed * 37 + 2, n));
        const { state } = await minimize(
          lbfgs(engine),
          quadratic(curvatures, target),
          new Float32Array(n),
          200,
        );
        target.forEach((value, i) => {
          expect(Math.abs((state.best[i] as number) - value)).toBeLessThan(0.01);
        });
      }),
      { numRuns: 20 },
    );
  });

  it('follows a curved valley to its end', async () => {
    const { best } = await minimize(lbfgs(engine), rosenbrock, Float32Array.of(-1.2, 1), 200);
    expect(best.at(-1)).toBeLessThan(1e-5);
  });

  it('never lets the loss rise, also where the loss is not finite outside a small region', async () => {
    const walled: Problem = {
      loss: (x) => ((x[0] as number) > 0 ? (x[0] as number) - Math.log(x[0] as number) : Number.NaN),
      gradient: (x) => Float32Array.of(1 - 1 / (x[0] as number)),
    };
    const { state, best } = await minimize(lbfgs(engine, { firstMove: 50 }), walled, Float32Array.of(5), 100);
    for (const [i, loss] of best.entries()) expect(loss).toBeLessThanOrEqual(best[i - 1] ?? loss);
    expect(Math.abs((state.best[0] as number) - 1)).toBeLessThan(0.01);
  });

  it('stops by itself where there is nothing better', async () => {
    const flat: Problem = { loss: () => 3, gradient: (x) => new Float32Array(x.length) };
    expect((await minimize(lbfgs(engine), flat, Float32Array.of(1, 2), 50)).state.converged).toBe(true);
    const lying: Problem = { loss: (x) => Math.abs(x[0] as number), gradient: () => Float32Array.of(-1) };
    const { state, best } = await minimize(lbfgs(engine), lying, Float32Array.of(0), 50);
    expect(state.converged).toBe(true);
    expect(best.at(-1)).toBe(0);
  });

  it('keeps its history short', async () => {
    const n = 30;
    const problem = quadratic(
      Array.from(noise(1, n), (v) => 10 ** (3 * v)),
      Array.from(noise(2, n)),
    );
    const { state } = await minimize(lbfgs(engine, { history: 4 }), problem, new Float32Array(n), 40);
    expect(state.slots.length).toBe(4);
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

  it('takes the same points, bit for bit: L-BFGS, also in a line search and with steps that it has forgotten', async () => {
    const values = [
      ...(await compare(lbfgs(engine), rosenbrock, 40)),
      ...(await compare(lbfgs(engine), striped, 60)),
    ];
    // There have been all of these.
    expect(values.some(({ trials }) => Number(trials) > 0)).toBe(true);
    expect(values.some(({ filled, slots }) => filled === 10 && (slots as number[]).length === 10)).toBe(true);
    expect(values.some(({ filled, slots }) => Number(filled) > (slots as number[]).length)).toBe(true);
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
