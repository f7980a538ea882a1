export {
  contentTarget,
  features,
  type Network,
  type ObjectiveOptions,
  objective,
  pictureFeatures,
  styleStatistics,
  styleTarget,
  type TapWeights,
  type View,
} from './objective.ts';
export {
  type Losses,
  objectiveAt,
  paintPicture,
  type Step,
  type StyleMemory,
  statisticsAt,
  styleSize,
  type Work,
} from './paint.ts';
export { fit, type Size } from './pyramid.ts';
export { presetNetworks, recipeFor } from './recipes.ts';
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
