import type { Outputs } from '../graph/index.ts';
import {
  type Network,
  type ObjectiveOptions,
  objective,
  styleStatistics,
  type View,
} from '../objective/objective.ts';
import type { Picture, Size } from '../picture/picture.ts';
import type { Cutting } from '../tiles/index.ts';
import { fit } from './pyramid.ts';
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
  /** How each of the scales is worked out; in one piece where nothing is said. What comes out is the same but for rounding. */
  readonly plan?: readonly ScalePlan[];
  /** What works with the same network and the same pictures of styles have found out before, and find out for each other. */
  readonly memory?: StyleMemory;
}

/**
 * The statistics of style pictures by the settings that they depend on. A style is known by its object, and forgotten
 * with it.
 */
export type StyleMemory = WeakMap<Picture, Map<string, Record<string, Float32Array>>>;

/** How one scale of a painting is worked out in the memory there is. */
export interface ScalePlan {
  /** How it is cut into tiles; in one piece where there is none. */
  readonly cutting?: Cutting;
  /** The same for each of the styles. */
  readonly styles: readonly (Cutting | undefined)[];
  /** How many steps L-BFGS remembers. */
  readonly history: number;
  /** What lies in a store, and not in memory: arrays of the picture's size, or feature maps that are kept whole too. Only in tiles. */
  readonly stored?: 'pictures' | 'all';
}

/** The losses of a painting, each times its weight, and their sum. */
export interface Losses {
  readonly content: number;
  readonly style: number;
  readonly tv: number;
  readonly total: number;
}

/** The work's objective, but for the size. */
export function optionsOf({ settings, network, guide }: Work): Omit<ObjectiveOptions, keyof Size> {
  return {
    ...settings,
    ...weightsOf(settings),
    network,
    ...(guide && { regionParts: guide.regions.map(({ part }) => part) }),
    masked: guide?.painted !== undefined,
  };
}

/** The graph of the work's objective at one scale, as a function of what its optimiser moves. */
export function objectiveAt(work: Work, scale: number): Outputs {
  const preconditioned = isPreconditioned(work);
  return objective({ ...optionsOf(work), preconditioned, ...fit(work.content, scale) });
}

/** Whether an optimiser moves the picture through `precondition`. Adam finds the sizes of its moves for each pixel by itself. */
export function isPreconditioned({ settings }: Work): boolean {
  return settings.optimizer === 'lbfgs';
}

/** How a style is looked at, at one scale of the painting. */
export function styleView({ settings, network }: Work, style: Size, scale: number): View & Size {
  const size = fit(style, styleSizeOf(style, settings, scale));
  // A style picture is no tile, whatever the painting is.
  return { ...settings, edges: 'mirror', network, ...size };
}

/** The graph of a style's statistics at one scale; of a part of it where it is `guided`. */
export function statisticsAt(work: Work, style: Size, scale: number, guided = false): Outputs {
  return styleStatistics(styleView(work, style, scale), Object.keys(work.settings.styleTaps), guided);
}

/**
 * The longest side of a style picture at one scale of the painting. It is only ever enlarged by a style scale above 1: enlarged it
 * is blurred, and so is what is painted after it.
 */
export function styleSizeOf(
  style: Size,
  { styleScale }: Pick<Settings, 'styleScale'>,
  scale: number,
): number {
  const reduced = Math.min(
    styleSize({ styleScale: Math.min(styleScale, 1) }, scale),
    Math.max(style.width, style.height),
  );
  return Math.round(reduced * Math.max(styleScale, 1));
}

/** The longest side that style pictures are to have at one scale of the painting. */
export function styleSize({ styleScale }: Pick<Settings, 'styleScale'>, scale: number): number {
  return Math.max(1, Math.round(scale * styleScale));
}
