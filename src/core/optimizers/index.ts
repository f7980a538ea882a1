export { type AdamOptions, type AdamState, adam } from './adam.ts';
export { type LbfgsOptions, type LbfgsState, lbfgs } from './lbfgs.ts';
export type { Optimizer, OptimizerState } from './optimizer.ts';
export type { SavedOptimizer } from './saved.ts';
