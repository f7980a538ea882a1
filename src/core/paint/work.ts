import type { Outputs } from '../graph/index.ts';
import type { Picture } from '../picture/picture.ts';
import { type Network, objective, styleStatistics, type View } from './objective.ts';
import { fit, type Size } from './pyramid.ts';
import type { Guide } from './regions.ts';
import { type Settings, weightsOf } from './settings.ts';

/** What is painted, and how. */
export interface Work {
  readonly content: Picture;
  /** In whose styles: one or more. */
  readonly styles: readonly Picture[];
  /** What to start from, whatever `settings.init` says; needed where that is none of `content`, `style` and `noise`. */
  readonly start?: Picture;
  readonly network: Network;
  readonly settings: Settings;
  /** What is painted where, as `guideBy` says; everything in all styles when left out. */
  readonly guide?: Guide;
  /** What works with the same network and the same pictures of styles have found out before, and find out for each other. */
  readonly memory?: StyleMemory;
}

/**
 * The statistics of style pictures by the settings that they depend on. A style is known by its object, and forgotten
 * with it.
 */
export type StyleMemory = WeakMap<Picture, Map<string, Record<string, Float32Array>>>;

/** The graph of the work's objective at one scale. */
export function objectiveAt({ settings, network, content, guide }: Work, scale: number): Outputs {
  return objective({
    ...settings,
    ...weightsOf(settings),
    network,
    ...fit(content, scale),
    ...(guide && { regionParts: guide.regions.map(({ part }) => part) }),
    masked: guide?.painted !== undefined,
  });
}

/** How a style is looked at, at one scale of the painting. */
export function styleView({ settings, network }: Work, style: Size, scale: number): View & Size {
  const size = fit(style, styleSize(settings, scale));
  // A style picture is no tile, whatever the painting is.
  return { ...settings, edges: 'mirror', network, ...size };
}

/** The graph of a style's statistics at one scale; of a part of it where it is `guided`. */
export function statisticsAt(work: Work, style: Size, scale: number, guided = false): Outputs {
  return styleStatistics(styleView(work, style, scale), Object.keys(work.settings.styleTaps), guided);
}

/** The longest side of the style pictures at one scale of the painting. */
export function styleSize({ styleScale }: Pick<Settings, 'styleScale'>, scale: number): number {
  return Math.max(1, Math.round(scale * styleScale));
}
