import type { Optimizer, OptimizerState } from './optimizer.ts';
import { addScaled, difference, dot } from './vector.ts';

export interface LbfgsOptions {
  /** How many past steps the curvature is estimated from; each costs two arrays of the picture's size. */
  readonly history?: number;
  /** How far the values move in the first step, root mean square, before anything is known of the curvature. */
  readonly firstMove?: number;
}

export interface LbfgsState extends OptimizerState {
  /** The loss at `best`; infinite before the first evaluation. */
  loss: number;
  gradient: Float32Array;
  direction: Float32Array;
  /** The directional derivative of the loss at `best` along `direction`: negative. */
  slope: number;
  /** The part of `direction` that `point` lies from `best`. */
  step: number;
  /** Evaluations since the last accepted one. */
  trials: number;
  /** The last steps and the changes of the gradient over them, oldest first. */
  pairs: { move: Float32Array; change: Float32Array; product: number }[];
}

/** Armijo's constant: the part of the promised decrease that a step must keep. */
const SUFFICIENT = 1e-4;
/** Trials along one direction before the curvature is forgotten; twice as many without success end the search. */
const MAX_TRIALS = 6;

/**
 * L-BFGS (Nocedal 1980; Nocedal & Wright, *Numerical Optimization*, algorithm 7.4) with a backtracking line search:
 * a point is accepted only when the loss there is finite and lower by Armijo's rule, so the loss cannot rise. A
 * rejected point costs one evaluation and shortens the step by quadratic interpolation.
 */
export function lbfgs({ history = 10, firstMove = 0.02 }: LbfgsOptions = {}): Optimizer<LbfgsState> {
  /** Follows the negative gradient by a cautious length. */
  function steepest(state: LbfgsState, move: number): void {
    const square = dot(state.gradient, state.gradient);
    state.pairs = [];
    state.direction = state.gradient.map((g) => -g);
    state.slope = -square;
    state.step = square > 0 ? (move * Math.sqrt(state.gradient.length)) / Math.sqrt(square) : 0;
    if (square === 0) state.converged = true;
  }

  function accept(state: LbfgsState, loss: number, gradient: Float32Array): void {
    const move = difference(state.point, state.best);
    const change = difference(gradient, state.gradient);
    const product = dot(move, change);
    // Without positive curvature along the step there is nothing to learn from it.
    if (product > 1e-10 * dot(change, change)) {
      state.pairs.push({ move, change, product });
      if (state.pairs.length > history) state.pairs.shift();
    }
    state.best.set(state.point);
    state.loss = loss;
    state.gradient = gradient.slice();
    state.trials = 0;
    state.direction = twoLoop(state.gradient, state.pairs);
    state.slope = dot(state.direction, state.gradient);
    state.step = 1;
    if (!(state.slope < 0) || state.pairs.length === 0) steepest(state, firstMove);
  }

  function reject(state: LbfgsState, loss: number): void {
    state.trials++;
    if (state.trials === MAX_TRIALS && state.pairs.length > 0) {
      steepest(state, firstMove / 10);
    } else if (state.trials >= 2 * MAX_TRIALS) {
      state.converged = true;
    } else {
      const { step, slope } = state;
      const excess = loss - state.loss - slope * step;
      const minimum = (-slope * step * step) / (2 * excess);
      const shrunk = Number.isFinite(minimum) ? minimum : 0;
      state.step = Math.min(Math.max(shrunk, 0.1 * step), 0.5 * step);
    }
  }

  return {
    init: (start) => ({
      point: start.slice(),
      best: start.slice(),
      converged: false,
      loss: Number.POSITIVE_INFINITY,
      gradient: new Float32Array(0),
      direction: new Float32Array(0),
      slope: 0,
      step: 0,
      trials: 0,
      pairs: [],
    }),

    update(state, loss, gradient) {
      if (state.gradient.length === 0) {
        state.loss = loss;
        state.gradient = gradient.slice();
        steepest(state, firstMove);
      } else if (loss <= state.loss + SUFFICIENT * state.step * state.slope) {
        accept(state, loss, gradient);
      } else {
        reject(state, loss);
      }
      state.point.set(state.best);
      if (!state.converged) addScaled(state.point, state.step, state.direction);
    },
  };
}

/** The product of the estimated inverse Hessian and the negative gradient. */
function twoLoop(gradient: Float32Array, pairs: LbfgsState['pairs']): Float32Array {
  const direction = gradient.map((g) => -g);
  const newest = pairs.at(-1);
  if (!newest) return direction;
  const alphas = pairs.map(() => 0);
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { move, change, product } = pairs[i] as LbfgsState['pairs'][number];
    alphas[i] = dot(move, direction) / product;
    addScaled(direction, -(alphas[i] as number), change);
  }
  const curvature = newest.product / dot(newest.change, newest.change);
  for (let i = 0; i < direction.length; i++) direction[i] = (direction[i] as number) * curvature;
  pairs.forEach(({ move, change, product }, i) => {
    addScaled(direction, (alphas[i] as number) - dot(change, direction) / product, move);
  });
  return direction;
}
