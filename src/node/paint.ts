import { totalmem } from 'node:os';
import type { Engine } from '../core/engine.ts';
import { UserError } from '../core/errors.ts';
import { memoryOf, type Outputs } from '../core/graph/index.ts';
import { type Architecture, convolutionsFor } from '../core/networks/index.ts';
import {
  checkSettings,
  fit,
  INITS,
  MIN_SIZE,
  networkOf,
  objectiveAt,
  paintPicture,
  partsOf,
  resolveSettings,
  type Settings,
  type Size,
  type Step,
  sizeOf,
  statisticsAt,
  styleSize,
  tapsOf,
  type Work,
} from '../core/paint/index.ts';
import type { Picture } from '../core/picture/picture.ts';
import { createEngine } from './engine/engine.ts';
import { chooseProvider, type EngineChoice } from './engine/provider.ts';
import { type PictureSource, readPicture } from './pictures/index.ts';
import { loadModel, type Progress } from './store/index.ts';

export interface PaintOptions extends Partial<Settings> {
  /** The picture whose hand to paint in, or several, of which `styleMix` says how much each counts. */
  readonly style: PictureSource | readonly PictureSource[];
  /** The picture to start from, instead of one of those that `init` names. */
  readonly start?: PictureSource;
  /** Threads for the arithmetic; as many as the processor has physical cores when left out. */
  readonly threads?: number;
  /**
   * What runs the graphs: `cpu` when left out, which gives the same picture again; `webgpu`; `auto`, which is WebGPU where
   * it works and is faster; or an engine, which is not closed afterwards.
   */
  readonly engine?: Engine | EngineChoice;
  /** Stops the work. */
  readonly signal?: AbortSignal;
  /** Told how far the download of the network's weights is, when they are not here yet. */
  readonly onDownload?: (progress: Progress) => void;
  /** Told in a sentence what is worth knowing and stops nothing: as why `auto` does without WebGPU. */
  readonly onNote?: (sentence: string) => void;
}

/** A painting about to be painted: everything is loaded and checked. */
export interface Painting {
  readonly settings: Settings;
  /** The painting's size at each scale. */
  readonly sizes: readonly Size[];
  /** The network's title. */
  readonly network: string;
  /** The engine's name. */
  readonly engine: string;
  /** Paints. The last step's picture is the painting. */
  steps(signal?: AbortSignal): AsyncGenerator<Step>;
  /** Frees the engine. */
  close(): Promise<void>;
}

/**
 * Repaints a picture in the style of another, and returns the painting.
 *
 *     await writePicture('result.png', await repaint('photo.jpg', { style: 'painting.jpg' }));
 *
 * @throws as `paint`
 */
export async function repaint(content: PictureSource, options: PaintOptions): Promise<Picture> {
  let last: Step | undefined;
  for await (last of paint(content, options));
  return (last as Step).picture;
}

/**
 * Repaints a picture in the style of another, and yields every step on the way. The last step's picture is the painting.
 *
 * @throws UserError for what the caller can put right, EngineError when the engine fails, and the signal's reason
 */
export async function* paint(content: PictureSource, options: PaintOptions): AsyncGenerator<Step> {
  const painting = await preparePainting(content, options);
  try {
    yield* painting.steps(options.signal);
  } finally {
    await painting.close();
  }
}

/**
 * Loads the pictures and the network, settles the settings, and checks that the machine has the memory.
 * @throws as `paint`
 */
export async function preparePainting(content: PictureSource, options: PaintOptions): Promise<Painting> {
  const { work, engine, close } = await prepareWork(content, options);
  return {
    settings: work.settings,
    sizes: work.settings.scales.map((scale) => fit(work.content, scale)),
    network: work.network.architecture.title,
    engine: engine.name,
    steps: (stop = options.signal) => paintPicture(work, engine, stop),
    close,
  };
}

/** Work that is loaded and checked, and what runs it. */
export interface PreparedWork {
  readonly work: Work;
  readonly engine: Engine;
  /** Frees the engine, unless it was given. */
  close(): Promise<void>;
}

/**
 * What `preparePainting` does, for who wants more of the network than a painting.
 * @param moreTaps names the taps whose weights are needed besides those of the settings
 * @throws as `paint`
 */
export async function prepareWork(
  content: PictureSource,
  options: PaintOptions,
  moreTaps: (architecture: Architecture) => readonly string[] = () => [],
): Promise<PreparedWork> {
  const { style, start, threads, engine: wanted = 'cpu', signal, onDownload, onNote, ...rest } = options;
  const said = checkSettings(rest);
  checkThreads(threads);
  const using = typeof wanted === 'string' ? await chooseProvider(wanted, onNote) : wanted;
  const longest = sizeOf(said);
  const startingFrom = start ?? (INITS.includes(said.init ?? 'content') ? undefined : said.init);
  const pictures = {
    content: await readPicture(content, { longest, name: 'The content' }),
    styles: await readStyles(style, styleSize({ styleScale: 1, ...said } as Settings, longest)),
    ...(startingFrom === undefined
      ? {}
      : { start: await readPicture(startingFrom, { longest, name: 'The picture to start from' }) }),
  };

  const settle = (architecture: Architecture) => resolveSettings(said, architecture);
  const network = await loadModel(networkOf(said), {
    signal,
    onProgress: onDownload,
    // Settling the settings here finds their mistakes before anything is downloaded.
    needed: (architecture) =>
      convolutionsFor(architecture, [...tapsOf(settle(architecture)), ...moreTaps(architecture)]),
  });
  const settings = settle(network.architecture);
  const work: Work = { ...pictures, network, settings };
  checkShape(work.content, 'content', work);
  partsOf(settings, work.styles.length);
  for (const one of work.styles) checkShape(one, 'style', work);
  checkMemory(work);

  const engine =
    typeof using === 'string'
      ? createEngine({ provider: using, ...(threads !== undefined && { threads }) })
      : using;
  return {
    work,
    engine,
    close: async () => {
      if (engine !== wanted) await engine.close();
    },
  };
}

/** @param longest no longer sides than this are needed */
async function readStyles(style: PaintOptions['style'], longest: number): Promise<Picture[]> {
  const sources = Array.isArray(style) ? (style as PictureSource[]) : [style as PictureSource];
  if (sources.length === 0) throw new UserError('There must be at least one style.');
  const pictures: Picture[] = [];
  for (const source of sources) pictures.push(await readPicture(source, { longest, name: 'The style' }));
  return pictures;
}

function checkThreads(threads: number | undefined): void {
  if (threads === undefined || (Number.isInteger(threads) && threads >= 1)) return;
  throw new UserError(`threads must be a whole number from 1, not ${threads}.`);
}

/** @throws UserError when a picture is so narrow that nothing of it is left at the smallest scale */
export function checkShape(picture: Picture, role: 'content' | 'style', { settings, network }: Work): void {
  const [scale] = settings.scales as [number];
  const smallest = role === 'style' ? styleSize(settings, scale) : scale;
  const { width, height } = fit(picture, smallest);
  const side = Math.min(width, height);
  const margin = Math.min(settings.margin, side);
  const taps = network.architecture.taps.filter(({ name }) => tapsOf(settings).includes(name));
  const seen = taps.every(({ stride }) => {
    const positions = Math.floor((side + 2 * margin) / stride) - 2 * Math.floor(margin / stride);
    return positions >= 1;
  });
  if (seen && side >= MIN_SIDE) return;
  throw new UserError(
    `The ${role} is too narrow: at the scale of ${smallest} pixels it would be ${width}x${height}; crop it, or begin with a larger scale.`,
  );
}

/** Pixels that the shorter side of a picture must have at every scale. */
const MIN_SIDE = 8;

/**
 * Peak memory as measured from 256 to 1,024 pixels: what the program takes before any graph, two copies of the weights,
 * and twice the values, for the room that the engine's allocator leaves unused and for the optimiser's history.
 */
const BASE_BYTES = 290e6;
const COPIES_OF_CONSTANTS = 2;
const COPIES_OF_VALUES = 2;

/** @throws UserError when the largest scale wants more memory than the machine has free */
export function checkMemory(work: Work): void {
  const { size } = work.settings;
  const graphs = [objectiveAt(work, size), ...work.styles.map((style) => statisticsAt(work, style, size))];
  const wanted = Math.max(...graphs.map(bytesFor));
  const free = freeMemory();
  if (wanted <= free) return;
  const smaller = Math.floor((size * Math.sqrt(free / wanted)) / 64) * 64;
  throw new UserError(
    `A painting of ${size} pixels with ${work.network.architecture.name} needs about ${gigabytes(wanted)} GB of memory, and ` +
      `${gigabytes(free)} GB are free: try a size of ${Math.max(smaller, MIN_SIZE)}.`,
  );
}

function bytesFor(graph: Outputs): number {
  const { constants, values } = memoryOf(graph);
  return BASE_BYTES + COPIES_OF_CONSTANTS * constants + COPIES_OF_VALUES * values;
}

/**
 * Bytes that can be had without swapping. Where the system counts its file cache as used, as macOS and containers do, a
 * large part of all there is.
 */
function freeMemory(): number {
  const limit = process.constrainedMemory();
  const constrained = limit > 0 && limit < totalmem();
  if (process.platform === 'linux' && !constrained) return process.availableMemory();
  return 0.8 * (constrained ? limit : totalmem()) - process.memoryUsage.rss();
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}
