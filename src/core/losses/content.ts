import { div, elements, scale, sub, sumSquares, type Tensor } from '../graph/index.ts';

/**
 * How far feature maps are from those of the content picture.
 *
 * `relative` is `||F - P||² / ||P||²`: 0 for the content itself and about 1 for an unrelated picture, at any tap of
 * any network. `squared` is the mean squared difference, the form of the article.
 *
 * @param features the maps of the painting `[1, C, h, w]`
 * @param target the maps of the content, of the same shape
 */
export function contentLoss(features: Tensor, target: Tensor, form: 'relative' | 'squared'): Tensor {
  const distance = sumSquares(sub(features, target));
  if (form === 'relative') return div(distance, sumSquares(target));
  return scale(distance, 1 / elements(features.shape));
}
