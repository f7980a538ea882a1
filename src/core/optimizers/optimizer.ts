import type { Floats } from '../store.ts';
import type { SavedOptimizer } from './saved.ts';

/**
 * An optimiser as functions over a state. It is asked where to look (`state.point`), told what was found there, and so
 * on: it never calls the objective itself, so that whoever owns the loop can show, stop and save between any two
 * evaluations.
 */
export interface Optimizer<S extends OptimizerState = OptimizerState> {
  /** Begins anew. @throws EngineError when it needs the engine and the engine fails; so does `update` */
  init(start: Floats): Promise<S>;
  /**
   * Takes the loss and gradient at `state.point`, and moves on. Changes the state in place.
   * @param loss may be infinite or NaN, which counts as worse than anything
   * @param gradient is handed over, and must not be changed afterwards
   */
  update(state: S, loss: number, gradient: Floats): Promise<void>;
  /** The state as plain data, which later updates leave as it is. @throws EngineError as `update` */
  save(state: S): Promise<SavedOptimizer>;
  /**
   * Begins where another began, as if it were that one: it will do the same, bit for bit. What is saved can be restored again.
   * @throws UserError when what was saved is no state of this optimiser; EngineError as `init`
   */
  restore(saved: SavedOptimizer): Promise<S>;
  /** Frees what the state holds of an engine or a store. */
  release(state: S): Promise<void>;
}

export interface OptimizerState {
  /** Where to evaluate next. */
  point: Floats;
  /** The best point so far. */
  best: Floats;
  /** Nothing better can be found: further evaluations are of no use. */
  converged: boolean;
}
