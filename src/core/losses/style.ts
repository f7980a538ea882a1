import { div, elements, gram, scale, sub, sumSquares, type Tensor } from '../graph/index.ts';

/**
 * How far the Gram matrix of feature maps is from that of the style picture.
 *
 * `relative` is `||G - A||² / ||A||²`, which makes taps of all depths and networks count alike; `gatys` is
 * `||G - A||² / (4 C²)`, the form of Gatys, Ecker & Bethge (2015), who fold the positions into the Gram matrix.
 *
 * @param features the maps of the painting `[1, C, h, w]`
 * @param target the Gram matrix of the style `[C, C]`, per position, so that the pictures may differ in size
 */
export function styleLoss(features: Tensor, target: Tensor, form: 'relative' | 'gatys'): Tensor {
  const distance = sumSquares(sub(gram(features), target));
  if (form === 'relative') return div(distance, sumSquares(target));
  return scale(distance, 1 / (4 * elements(target.shape)));
}
