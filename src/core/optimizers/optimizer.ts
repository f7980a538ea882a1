/**
 * An optimiser as functions over a state. It is asked where to look (`state.point`), told what was found there, and so
 * on: it never calls the objective itself, so that whoever owns the loop can show, stop and save between any two
 * evaluations.
 */
export interface Optimizer<S extends OptimizerState = OptimizerState> {
  /** Begins anew. @throws EngineError when it needs the engine and the engine fails; so does `update` */
  init(start: Float32Array): Promise<S>;
  /**
   * Takes the loss and gradient at `state.point`, and moves on. Changes the state in place.
   * @param loss may be infinite or NaN, which counts as worse than anything
   * @param gradient is handed over, and must not be changed afterwards
   */
  update(state: S, loss: number, gradient: Float32Array): Promise<void>;
  /** Frees what the state holds of the engine. */
  release(state: S): Promise<void>;
}

export interface OptimizerState {
  /** Where to evaluate next. */
  point: Float32Array;
  /** The best point so far. */
  best: Float32Array;
  /** Nothing better can be found: further evaluations are of no use. */
  converged: boolean;
}
