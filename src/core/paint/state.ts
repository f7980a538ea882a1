import { UserError } from '../errors.ts';
import type { SavedOptimizer } from '../optimizers/index.ts';
import type { Size } from '../picture/picture.ts';
import type { Floats } from '../store.ts';
import type { Settings } from './settings.ts';
import type { Losses } from './work.ts';

/**
 * All that there is to know of a painting between two steps: enough to go on as if it had never stopped. Plain data, but that
 * arrays of a scale that is painted from a store are in the store.
 */
export interface PaintingState {
  /** Which of the settings' scales, from 0. */
  readonly level: number;
  /** Steps done at this scale, from 1. */
  readonly step: number;
  /** Since the painting began. */
  readonly seconds: number;
  /** What this scale started from, `[3, height, width]`. */
  readonly start: Floats;
  /** The best picture so far, of the same shape; its values may leave [0,1]. */
  readonly picture: Floats;
  /** The losses of that picture. */
  readonly loss: Losses;
  /** Nothing where this scale is done. */
  readonly optimizer: SavedOptimizer | undefined;
}

/**
 * Checks that a state is one of a painting with these settings.
 * @param sizes of the painting at each scale
 * @throws UserError when it is not
 */
export function checkState(state: PaintingState, settings: Settings, sizes: readonly Size[]): void {
  const { level, step, start, picture, optimizer } = state;
  const size = sizes[level];
  const steps = settings.steps[level];
  const fits =
    size !== undefined &&
    steps !== undefined &&
    Number.isInteger(step) &&
    step >= 1 &&
    step <= steps &&
    [start, picture, ...(optimizer ? [optimizer.arrays.point] : [])].every(
      (values) => values?.length === 3 * size.width * size.height,
    );
  if (fits) return;
  throw new UserError('The state to go on from is that of a painting with other settings.');
}
