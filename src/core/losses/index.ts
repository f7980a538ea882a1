export { contentLoss } from './content.ts';
export { type Projection, project, projectionOf } from './projection.ts';
export {
  type Statistics,
  type StyleLoss,
  type StyleLossName,
  styleDistance,
  styleLosses,
  styleLossOf,
  styleStatisticsOf,
} from './style.ts';
export { totalVariation } from './total-variation.ts';
