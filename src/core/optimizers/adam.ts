import { copied, type Floats, inPieces, release, type Store, zeros } from '../store.ts';
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
  mean: Floats;
  square: Floats;
  bestLoss: number;
}

/**
 * Adam (Kingma & Ba 2014). A step to where the loss is not finite is taken back.
 * @param store where its arrays lie, and those that it saves; in memory when left out
 */
export function adam(
  { stepSize = 0.02, beta1 = 0.9, beta2 = 0.99 }: AdamOptions = {},
  store?: Store,
): Optimizer<AdamState> {
  const epsilon = 1e-12;
  return {
    init: async (start) => ({
      point: copied(start, store),
      best: copied(start, store),
      bestLoss: Number.POSITIVE_INFINITY,
      converged: false,
      steps: 0,
      mean: zeros(start.length, store),
      square: zeros(start.length, store),
    }),

    async update(state, loss, gradient) {
      const { point, mean, square } = state;
      if (!Number.isFinite(loss)) {
        inPieces([point, mean], [state.best], ([point, mean], [best]) => {
          point.set(best);
          mean.fill(0);
        });
        release(gradient);
        return;
      }
      if (loss < state.bestLoss) {
        state.bestLoss = loss;
        inPieces([state.best], [point], ([best], [point]) => best.set(point));
      }
      state.steps++;
      const rate = stepSize / (1 - beta1 ** state.steps);
      const correction = 1 / (1 - beta2 ** state.steps);
      inPieces([point, mean, square], [gradient], ([point, mean, square], [gradient]) => {
        for (let i = 0; i < point.length; i++) {
          const g = gradient[i] as number;
          const m = beta1 * (mean[i] as number) + (1 - beta1) * g;
          const v = beta2 * (square[i] as number) + (1 - beta2) * g * g;
          mean[i] = m;
          square[i] = v;
          point[i] = (point[i] as number) - (rate * m) / (Math.sqrt(v * correction) + epsilon);
        }
      });
      release(gradient);
    },

    save: async ({ point, best, mean, square, steps, bestLoss, converged }) => ({
      values: { steps, bestLoss, converged: Number(converged) },
      arrays: {
        point: copied(point, store),
        best: copied(best, store),
        mean: copied(mean, store),
        square: copied(square, store),
      },
    }),

    restore: async (saved) => {
      const length = saved.arrays.point?.length ?? 0;
      const copy = (name: string) => copied(savedArray(saved, name, length), store);
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

    async release({ point, best, mean, square }) {
      for (const values of [point, best, mean, square]) release(values);
    },
  };
}
