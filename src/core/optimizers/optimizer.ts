/**
 * An optimiser as two functions over a plain state. It is asked where to look (`state.point`), told what was found
 * there, and so on: it never calls the objective itself, so that whoever owns the loop can show, stop, save and
 * resume it between any two evaluations.
 */
export interface Optimizer<S extends OptimizerState = OptimizerState> {
  init(start: Float32Array): S;
  /**
   * Takes the loss and gradient at `state.point`, and moves on. Changes the state in place.
   * @param loss may be infinite or NaN, which counts as worse than anything
   */
  update(state: S, loss: number, gradient: Float32Array): void;
}

export interface OptimizerState {
  /** Where to evaluate next. */
  point: Float32Array;
  /** The best point so far. */
  best: Float32Array;
  /** Nothing better can be found: further evaluations are of no use. */
  converged: boolean;
}
