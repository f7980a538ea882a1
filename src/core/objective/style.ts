import { elements, input, scale, type Tensor } from '../graph/index.ts';
import { type Statistics, type StyleLoss, styleLossOf, styleStatisticsOf } from '../losses/index.ts';
import { type ObjectiveOptions, styleTarget } from './objective.ts';

/** The sums over the positions of a painting, and what was kept of the style that they are compared with. */
export interface Compared {
  readonly moments: Statistics;
  readonly target: Statistics;
}

/**
 * The style's losses, tap by tap and region by region, each times how much it counts: their sum is the style's.
 * @param at what is compared there; nothing where a tap is left out
 */
export function styleTerms(
  { styleTaps, styleLoss, losses, regionParts = [1] }: StyleOptions,
  at: (tap: string, region: number) => Compared | undefined,
): Tensor[] {
  const loss = styleLossOf(styleLoss, losses);
  const entries = Object.entries(styleTaps);
  const weights = entries.reduce((total, [, weight]) => total + weight, 0);
  return entries.flatMap(([tap, weight]) =>
    regionParts.flatMap((part, region) => {
      const found = at(tap, region);
      return found ? [scale(loss.distance(found.moments, found.target), (part * weight) / weights)] : [];
    }),
  );
}

type StyleOptions = Pick<ObjectiveOptions, 'styleTaps' | 'styleLoss' | 'losses' | 'regionParts'>;

/** What was kept of the style that maps, as the style sees them, are compared with: as inputs. */
export function targetInputs(loss: StyleLoss, maps: Tensor, tap: string, region: number): Statistics {
  const kept = Object.entries(styleStatisticsOf(loss, maps));
  return Object.fromEntries(
    kept.map(([name, { shape }]) => [name, input(styleTarget(tap, name, region), shape)]),
  );
}

/** The positions of feature maps `[1, C, h, w]`. */
export function positionsOf({ shape }: Tensor): number {
  return elements(shape) / (shape[1] as number);
}
