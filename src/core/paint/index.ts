export {
  contentTarget,
  features,
  type Network,
  type ObjectiveOptions,
  objective,
  styleStatistics,
  styleTarget,
  type TapWeights,
  type View,
} from './objective.ts';
export { type Losses, paintPicture, type Step, type Work } from './paint.ts';
export { fit, type Size } from './pyramid.ts';
export { recipeFor } from './recipes.ts';
export { MAX_SIZE, MIN_SIZE, resolveSettings, type Settings, settingsSchema } from './settings.ts';
