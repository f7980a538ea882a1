export {
  contentTarget,
  features,
  type Network,
  type ObjectiveOptions,
  objective,
  pictureFeatures,
  regionShares,
  styleStatistics,
  styleTarget,
  type TapWeights,
  type View,
} from './objective.ts';
export { PRECONDITION_REACH, precondition, preconditionOf, windowShares } from './precondition.ts';
export { SOFTEN_REACH, soften, softenInside } from './soften.ts';
