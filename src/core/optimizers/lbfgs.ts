import type { Engine } from '../engine.ts';
import { UserError } from '../errors.ts';
import { loaded } from '../store.ts';
import { addScaled, dot } from '../vector.ts';
import { createHistory, type History, type Products } from './history.ts';
import type { Optimizer, OptimizerState } from './optimizer.ts';
import { savedArray, savedNumber, savedNumbers } from './saved.ts';

export interface LbfgsOptions {
  /** How many past steps the curvature is estimated from; each costs two arrays of the picture's size. */
  readonly history?: number;
  /** How far the values move in the first step, root mean square, before anything is known of the curvature. */
  readonly firstMove?: number;
}

export interface LbfgsState extends OptimizerState {
  point: Float32Array;
  best: Float32Array;
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
  /**
   * The last m steps that were taken in its first m rows, the changes of the gradient over them in the next m, and the
   * gradient at `best` in the last.
   */
  readonly history: History;
  /** Room for the newest step and change on their way into the history. */
  readonly scratch: readonly [Float32Array, Float32Array];
  /** Which of the m places are in use, the oldest step first. */
  slots: number[];
  /** How many places hold something, if only of steps that do not count any more. */
  filled: number;
}

/** The steps that are remembered where nobody says how many. */
export const USUAL_HISTORY = 10;

/** Armijo's constant: the part of the promised decrease that a step must keep. */
const SUFFICIENT = 1e-4;
/** Trials along one direction before the curvature is forgotten; twice as many without success end the search. */
const MAX_TRIALS = 6;

/**
 * L-BFGS (Nocedal 1980; Nocedal & Wright, *Numerical Optimization*, algorithm 7.4) with a backtracking line search:
 * a point is accepted only when the loss there is finite and lower by Armijo's rule, so the loss cannot rise. A
 * rejected point costs one evaluation and shortens the step by quadratic interpolation.
 */
export function lbfgs(
  engine: Engine,
  { history = USUAL_HISTORY, firstMove = 0.02 }: LbfgsOptions = {},
): Optimizer<LbfgsState> {
  const gradientRow = 2 * history;
  const places = Array.from({ length: history }, (_, place) => place);
  /** The rows of so many places: their steps, then their changes. */
  const rowsFilled = (filled: number) =>
    Array.from({ length: 2 * filled }, (_, i) => (i < filled ? i : history + i - filled));
  const rowName = (row: number) => `row ${row}`;

  /** Follows the negative gradient by a cautious length. */
  function steepest(state: LbfgsState, move: number): void {
    const square = dot(state.gradient, state.gradient);
    state.slots = [];
    state.direction = state.gradient.map((g) => -g);
    state.slope = -square;
    state.step = square > 0 ? (move * Math.sqrt(state.gradient.length)) / Math.sqrt(square) : 0;
    if (square === 0) state.converged = true;
  }

  async function accept(state: LbfgsState, loss: number, gradient: Float32Array): Promise<void> {
    const [move, change] = state.scratch;
    addScaled(move, state.point, -1, state.best);
    addScaled(change, gradient, -1, state.gradient);
    const slot = places.find((place) => !state.slots.includes(place)) ?? (state.slots.shift() as number);
    state.filled = Math.max(state.filled, slot + 1);
    const rows = new Map([
      [slot, move],
      [history + slot, change],
      [gradientRow, gradient],
    ]);
    const product = await state.history.write(rows);
    // Without positive curvature along the step there is nothing to learn from it.
    const square = product(history + slot, history + slot);
    if (product(slot, history + slot) > 1e-10 * square) state.slots.push(slot);
    state.best.set(state.point);
    state.loss = loss;
    state.gradient = gradient;
    state.trials = 0;
    state.step = 1;
    const factors = twoLoop(product, state.slots, history);
    state.direction = await state.history.combine(factors);
    state.slope = factors.reduce((sum, factor, row) => sum + factor * product(row, gradientRow), 0);
    if (!(state.slope < 0) || state.slots.length === 0) steepest(state, firstMove);
  }

  function reject(state: LbfgsState, loss: number): void {
    state.trials++;
    if (state.trials === MAX_TRIALS && state.slots.length > 0) {
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
    init: async (start) => ({
      point: loaded(start).slice(),
      best: loaded(start).slice(),
      converged: false,
      loss: Number.POSITIVE_INFINITY,
      gradient: new Float32Array(0),
      direction: new Float32Array(0),
      slope: 0,
      step: 0,
      trials: 0,
      history: await createHistory(engine, 2 * history + 1, start.length),
      scratch: [new Float32Array(start.length), new Float32Array(start.length)],
      slots: [],
      filled: 0,
    }),

    async update(state, loss, given) {
      const gradient = loaded(given);
      if (state.gradient.length === 0) {
        state.loss = loss;
        state.gradient = gradient;
        steepest(state, firstMove);
      } else if (loss <= state.loss + SUFFICIENT * state.step * state.slope) {
        await accept(state, loss, gradient);
      } else {
        reject(state, loss);
      }
      if (state.converged) state.point.set(state.best);
      else addScaled(state.point, state.best, state.step, state.direction);
    },

    async save(state) {
      const { point, best, gradient, direction, loss, slope, step, trials, converged, slots, filled } = state;
      const rows: Record<string, Float32Array> = {};
      // The gradient's row is written whenever the history is used.
      for (const row of rowsFilled(filled)) rows[rowName(row)] = await state.history.read(row);
      return {
        values: { loss, slope, step, trials, converged: Number(converged), filled, slots: [...slots] },
        arrays: { point: point.slice(), best: best.slice(), gradient, direction, ...rows },
      };
    },

    async restore(saved) {
      const length = saved.arrays.point?.length ?? 0;
      // Before the first evaluation there is neither gradient nor direction.
      const known = saved.arrays.gradient?.length === 0 ? 0 : length;
      const filled = savedNumber(saved, 'filled');
      const slots = savedNumbers(saved, 'slots');
      const array = (name: string, length: number) => loaded(savedArray(saved, name, length));
      const state = {
        point: array('point', length).slice(),
        best: array('best', length).slice(),
        converged: savedNumber(saved, 'converged') !== 0,
        loss: savedNumber(saved, 'loss'),
        gradient: array('gradient', known),
        direction: array('direction', known),
        slope: savedNumber(saved, 'slope'),
        step: savedNumber(saved, 'step'),
        trials: savedNumber(saved, 'trials'),
        slots,
        filled,
        scratch: [new Float32Array(length), new Float32Array(length)] as const,
      };
      if (!(filled <= history) || slots.some((slot) => !(slot >= 0 && slot < filled))) {
        throw new UserError(`The saved state has a longer history than the ${history} steps of this one.`);
      }
      const rows = rowsFilled(filled).map((row) => [row, array(rowName(row), length)] as const);
      const restored = await createHistory(engine, 2 * history + 1, length);
      try {
        if (rows.length > 0) await restored.write(new Map(rows));
      } catch (error) {
        await restored.release();
        throw error;
      }
      return { ...state, history: restored };
    },

    release: (state) => state.history.release(),
  };
}

/**
 * The product of the estimated inverse Hessian and the negative gradient, as a factor for each row of the history. The
 * two loops of the textbook need the vectors' inner products only (Chen, Wang & Zhou 2014, *Large-scale L-BFGS using
 * MapReduce*).
 *
 * @param product of any two rows, as `History.write` returns them
 * @param slots the places in use, the oldest step first
 * @param places of which there are so many
 */
function twoLoop(product: Products, slots: readonly number[], places: number): Float32Array {
  const rows = 2 * places + 1;
  const factors = new Float32Array(rows);
  const along = (row: number) => factors.reduce((sum, f, i) => sum + f * product(row, i), 0);
  const curvature = (slot: number) => product(slot, places + slot);

  factors[rows - 1] = -1;
  const alphas = new Map<number, number>();
  for (const slot of slots.toReversed()) {
    const alpha = along(slot) / curvature(slot);
    alphas.set(slot, alpha);
    factors[places + slot] = -alpha;
  }
  const newest = slots.at(-1);
  if (newest === undefined) return factors;
  const scale = curvature(newest) / product(places + newest, places + newest);
  factors.forEach((factor, row) => {
    factors[row] = scale * factor;
  });
  for (const slot of slots) {
    factors[slot] = (alphas.get(slot) as number) - along(places + slot) / curvature(slot);
  }
  return factors;
}
