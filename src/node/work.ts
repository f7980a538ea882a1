import { guideBy, partsOf, type RegionMasks, type Work } from '../core/paint/index.ts';
import { checkShape } from './feasible.ts';

/**
 * The work of painting pictures, with what is painted where.
 * @param regions masks, of which the guide is made
 * @throws UserError when a picture is too narrow, the styles are not as many as the settings mix, or regions do not fit together
 */
export function workOf(pictures: Omit<Work, 'plan'>, regions: RegionMasks | undefined): Work {
  const parts = partsOf(pictures.settings, pictures.styles.length);
  const guide = regions && guideBy(regions, parts);
  const work: Work = { ...pictures, ...(guide && { guide }) };
  checkShape(work.content, 'content', work);
  for (const style of work.styles) checkShape(style, 'style', work);
  return work;
}
