export type { Size } from '../picture/picture.ts';
export { paintPicture, type Step } from './paint.ts';
export { longestHistory, type PlannedScale, planScale } from './plan.ts';
export { fit, resampleTo } from './pyramid.ts';
export { presetNetworks, recipeFor } from './recipes.ts';
export { type Guide, guideBy, type Region, type RegionMasks, type StyleSource } from './regions.ts';
export {
  checkSettings,
  DEFAULT_SIZE,
  INITS,
  MAX_SIZE,
  MIN_SIZE,
  networkOf,
  partsOf,
  resolveSettings,
  type Settings,
  settingsSchema,
  sizeOf,
  tapsOf,
  weightsOf,
} from './settings.ts';
export { checkState, type PaintingState } from './state.ts';
export {
  type Losses,
  objectiveAt,
  optionsOf,
  type ScalePlan,
  type StyleMemory,
  statisticsAt,
  styleSize,
  styleSizeOf,
  type Work,
} from './work.ts';
