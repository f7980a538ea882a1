export { contentLoss } from './content.ts';
export { project, projectionOf } from './projection.ts';
export { type Statistics, type StyleLoss, type StyleLossName, styleLosses, styleLossOf } from './style.ts';
export { totalVariation } from './total-variation.ts';
