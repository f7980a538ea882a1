import type { Optimizer, OptimizerState } from './optimizer.ts';
import { savedArray, savedNumber } from './saved.ts';

export interface AdamOptions {
  /** How far a value moves in one step, at most. */
  readonly stepSize?: number;
  /** Decay of the running mean of gradients. */
  readonly beta1?: number;
  /** Decay of the running mean of squared gradients. */
  readonly beta2?: number;
}

export interface AdamState extends OptimizerState {
  steps: number;
  mean: Float32Array;
  square: Float32Array;
  bestLoss: number;
}

/** Adam (Kingma & Ba 2014). A step to where the loss is not finite is taken back. */
export function adam({ stepSize = 0.02, beta1 = 0.9, beta2 = 0.99 }: AdamOptions = {}): Optimizer<AdamState> {
  const epsilon = 1e-12;
  return {
    init: async (start) => ({
      point: start.slice(),
      best: start.slice(),
      bestLoss: Number.POSITIVE_INFINITY,
      converged: false,
      steps: 0,
      mean: new Float32Array(start.length),
      square: new Float32Array(start.length),
    }),

    async update(state, loss, gradient) {
      const { point, mean, square } = state;
      if (!Number.isFinite(loss)) {
        point.set(state.best);
        mean.fill(0);
        return;
      }
      if (loss < state.bestLoss) {
        state.bestLoss = loss;
        state.best.set(point);
      }
      state.steps++;
      const rate = stepSize / (1 - beta1 ** state.steps);
      const correction = 1 / (1 - beta2 ** state.steps);
      for (let i = 0; i < point.length; i++) {
        const g = gradient[i] as number;
        const m = beta1 * (mean[i] as number) + (1 - beta1) * g;
        const v = beta2 * (square[i] as number) + (1 - beta2) * g * g;
        mean[i] = m;
        square[i] = v;
        point[i] = (point[i] as number) - (rate * m) / (Math.sqrt(v * correction) + epsilon);
      }
    },

    save: async ({ point, best, mean, square, steps, bestLoss, converged }) => ({
      values: { steps, bestLoss, converged: Number(converged) },
      arrays: { point: point.slice(), best: best.slice(), mean: mean.slice(), square: square.slice() },
    }),

    restore: async (saved) => {
      const length = saved.arrays.point?.length ?? 0;
      const copy = (name: string) => savedArray(saved, name, length).slice();
      return {
        point: copy('point'),
        best: copy('best'),
        bestLoss: savedNumber(saved, 'bestLoss'),
        converged: savedNumber(saved, 'converged') !== 0,
        steps: savedNumber(saved, 'steps'),
        mean: copy('mean'),
        square: copy('square'),
      };
    },

    async release() {},
  };
}
