export { contentLoss } from './content.ts';
export { styleLoss } from './style.ts';
export { totalVariation } from './total-variation.ts';
