export { contentLoss } from './content.ts';
export { project, projectionOf } from './projection.ts';
export { styleLoss } from './style.ts';
export { totalVariation } from './total-variation.ts';
