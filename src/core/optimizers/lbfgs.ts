import type { Engine } from '../engine.ts';
import { UserError } from '../errors.ts';
import { copied, type Floats, inPieces, kept, mapped, minus, release, type Store, shared } from '../store.ts';
import { addScaled, scaleInPlace } from '../vector.ts';
import { engineHistory } from './engine-history.ts';
import type { History, Products } from './history.ts';
import type { Optimizer, OptimizerState } from './optimizer.ts';
import { plainHistory } from './plain-history.ts';
import { savedArray, savedNumber, savedNumbers } from './saved.ts';
import { twoLoop } from './two-loop.ts';

export interface LbfgsOptions {
  /** How many past steps the curvature is estimated from; each costs two arrays of the picture's size. */
  readonly history?: number;
  /** How far the values move in the first step, root mean square, before anything is known of the curvature. */
  readonly firstMove?: number;
}

export interface LbfgsState extends OptimizerState {
  /** The loss at `best`; infinite before the first evaluation. */
  loss: number;
  /** The gradient at `best`, which is the history's; nothing before the first evaluation. */
  gradient: Floats | undefined;
  /** Where the next points lie from `best`; nothing before the first evaluation. */
  direction: Floats | undefined;
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
  /** Of the history's rows. */
  products: Products;
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
 *
 * @param engine keeps the history, and is quick at it; without one it stays where the arrays are, and nothing is copied
 * @param store where its arrays lie, if there is no engine that keeps them; in memory when left out
 */
export function lbfgs(
  engine: Engine | undefined,
  { history = USUAL_HISTORY, firstMove = 0.02 }: LbfgsOptions = {},
  store?: Store,
): Optimizer<LbfgsState> {
  const gradientRow = 2 * history;
  const places = Array.from({ length: history }, (_, place) => place);
  /** The rows of the places that are filled, in the order in which they were written; those that do not count any more first. */
  const rowsFilled = ({ slots, filled }: Pick<LbfgsState, 'slots' | 'filled'>) => {
    const idle = places.filter((place) => place < filled && !slots.includes(place));
    return [...idle, ...slots].flatMap((place) => [place, history + place]);
  };
  const rowName = (row: number) => `row ${row}`;
  const openHistory = async (length: number) =>
    engine ? engineHistory(engine, gradientRow + 1, length) : plainHistory(gradientRow + 1, length, store);

  /** What the engine copies need not be there. */
  const difference = (a: Floats, b: Floats) => (engine ? minus(a, b) : copied(minus(a, b), store));

  /** The step from `best` to `point`. Takes the direction, which nobody follows any more. */
  function stepOf(state: LbfgsState): Floats {
    const { step } = state;
    const direction = state.direction as Floats;
    state.direction = undefined;
    if (step === 1) return direction;
    const scaled = mapped(direction, (part) => scaleInPlace(part, step));
    // In a store it is computed as it is read, for which the direction has to be there.
    const values = scaled instanceof Float32Array ? scaled : copied(scaled, store);
    release(direction);
    return values;
  }

  /** Follows a sum of the history's rows. */
  async function follow(state: LbfgsState, factors: Float32Array): Promise<void> {
    if (state.direction) release(state.direction);
    state.direction = await state.history.combine(factors);
    state.slope = factors.reduce((sum, factor, row) => sum + factor * state.products(row, gradientRow), 0);
  }

  /** Follows the negative gradient by a cautious length. */
  async function steepest(state: LbfgsState, move: number): Promise<void> {
    state.slots = [];
    await follow(
      state,
      Float32Array.from({ length: gradientRow + 1 }, (_, row) => (row === gradientRow ? -1 : 0)),
    );
    const square = -state.slope;
    state.step = square > 0 ? (move * Math.sqrt(state.point.length)) / Math.sqrt(square) : 0;
    if (square === 0) state.converged = true;
  }

  async function begin(state: LbfgsState, loss: number, gradient: Floats): Promise<void> {
    state.loss = loss;
    state.gradient = gradient;
    state.products = await state.history.write(new Map([[gradientRow, gradient]]));
    await steepest(state, firstMove);
  }

  async function accept(state: LbfgsState, before: Floats, loss: number, gradient: Floats): Promise<void> {
    const slot = places.find((place) => !state.slots.includes(place)) ?? (state.slots.shift() as number);
    state.filled = Math.max(state.filled, slot + 1);
    const rows = new Map([
      [slot, stepOf(state)],
      [history + slot, difference(gradient, before)],
      [gradientRow, gradient],
    ]);
    const product = await state.history.write(rows);
    state.products = product;
    // Without positive curvature along the step there is nothing to learn from it.
    const square = product(history + slot, history + slot);
    if (product(slot, history + slot) > 1e-10 * square) state.slots.push(slot);
    inPieces([state.best], [state.point], ([best], [point]) => best.set(point));
    state.loss = loss;
    state.gradient = gradient;
    state.trials = 0;
    state.step = 1;
    if (state.slots.length > 0) await follow(state, twoLoop(product, state.slots, history));
    if (!(state.slope < 0) || state.slots.length === 0) await steepest(state, firstMove);
  }

  async function reject(state: LbfgsState, loss: number): Promise<void> {
    state.trials++;
    if (state.trials === MAX_TRIALS && state.slots.length > 0) {
      await steepest(state, firstMove / 10);
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
      point: copied(start, store),
      best: copied(start, store),
      converged: false,
      loss: Number.POSITIVE_INFINITY,
      gradient: undefined,
      direction: undefined,
      slope: 0,
      step: 0,
      trials: 0,
      history: await openHistory(start.length),
      products: allZero,
      slots: [],
      filled: 0,
    }),

    async update(state, loss, gradient) {
      if (!state.gradient) {
        await begin(state, loss, gradient);
      } else if (loss <= state.loss + SUFFICIENT * state.step * state.slope) {
        await accept(state, state.gradient, loss, gradient);
      } else {
        release(gradient);
        await reject(state, loss);
      }
      const { point, best, direction, step, converged } = state;
      if (converged || !direction) inPieces([point], [best], ([point], [best]) => point.set(best));
      else {
        inPieces([point], [best, direction], ([point], [best, direction]) =>
          addScaled(point, best, step, direction),
        );
      }
    },

    async save(state) {
      const { point, best, gradient, direction, loss, slope, step, trials, converged, slots, filled } = state;
      const rows: Record<string, Floats> = {};
      // That of the gradient is saved by itself.
      for (const row of rowsFilled(state)) rows[rowName(row)] = await state.history.read(row);
      return {
        values: { loss, slope, step, trials, converged: Number(converged), filled, slots: [...slots] },
        arrays: {
          point: copied(point, store),
          best: copied(best, store),
          gradient: gradient ? shared(gradient) : NONE,
          direction: direction ? shared(direction) : NONE,
          ...rows,
        },
      };
    },

    async restore(saved) {
      const length = saved.arrays.point?.length ?? 0;
      // Before the first evaluation there is neither gradient nor direction.
      const begun = saved.arrays.gradient?.length !== 0;
      const filled = savedNumber(saved, 'filled');
      const slots = savedNumbers(saved, 'slots');
      // These are never changed, only replaced.
      const own = (name: string) => kept(shared(savedArray(saved, name, length)), store);
      const state = {
        point: copied(savedArray(saved, 'point', length), store),
        best: copied(savedArray(saved, 'best', length), store),
        converged: savedNumber(saved, 'converged') !== 0,
        loss: savedNumber(saved, 'loss'),
        gradient: begun ? own('gradient') : undefined,
        direction: begun ? own('direction') : undefined,
        slope: savedNumber(saved, 'slope'),
        step: savedNumber(saved, 'step'),
        trials: savedNumber(saved, 'trials'),
        slots,
        filled,
      };
      if (!(filled <= history) || slots.some((slot) => !(slot >= 0 && slot < filled))) {
        throw new UserError(`The saved state has a longer history than the ${history} steps of this one.`);
      }
      // In that order products are computed as they were: which of two rows is the newer one can make a difference in the last bit.
      const rows = new Map(rowsFilled(state).map((row) => [row, own(rowName(row))]));
      if (state.gradient) rows.set(gradientRow, state.gradient);
      const restored = await openHistory(length);
      try {
        const products = rows.size > 0 ? await restored.write(rows) : allZero;
        return { ...state, history: restored, products };
      } catch (error) {
        await restored.release();
        throw error;
      }
    },

    async release({ point, best, direction, history }) {
      for (const values of [point, best, direction]) if (values) release(values);
      await history.release();
    },
  };
}

const NONE = new Float32Array(0);
const allZero: Products = () => 0;
