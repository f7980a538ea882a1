import type { Engine } from '../core/engine.ts';
import { UserError } from '../core/errors.ts';
import { memoryOf } from '../core/graph/index.ts';
import { type Architecture, convolutionsFor } from '../core/networks/index.ts';
import {
  checkSettings,
  fit,
  INITS,
  MIN_SIZE,
  networkOf,
  objectiveAt,
  paintPicture,
  resolveSettings,
  type Settings,
  type Size,
  type Step,
  sizeOf,
  tapsOf,
  type Work,
} from '../core/paint/index.ts';
import type { Picture } from '../core/picture/picture.ts';
import { createEngine } from './engine/engine.ts';
import { type PictureSource, readPicture } from './pictures/index.ts';
import { loadModel, type Progress } from './store/index.ts';

export interface PaintOptions extends Partial<Settings> {
  /** The picture whose hand to paint in. */
  readonly style: PictureSource;
  /** The picture to start from, instead of one of those that `init` names. */
  readonly start?: PictureSource;
  /** Threads for the arithmetic; as many as the processor has physical cores when left out. */
  readonly threads?: number;
  /** What runs the graphs; one on ONNX Runtime of its own, closed afterwards, when left out. */
  readonly engine?: Engine;
  /** Stops the work. */
  readonly signal?: AbortSignal;
  /** Told how far the download of the network's weights is, when they are not here yet. */
  readonly onDownload?: (progress: Progress) => void;
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
 * Repaints a picture in the style of another. The last step's picture is the painting:
 *
 *     for await (const { picture } of paint('photo.jpg', { style: 'painting.jpg' })) last = picture;
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
  const { style, start, threads, engine: given, signal, onDownload, ...rest } = options;
  const said = checkSettings(rest);
  const longest = sizeOf(said);
  const startingFrom = start ?? (INITS.includes(said.init ?? 'content') ? undefined : said.init);
  const pictures = {
    content: await readPicture(content, { longest }),
    style: await readPicture(style, { longest }),
    ...(startingFrom === undefined ? {} : { start: await readPicture(startingFrom, { longest }) }),
  };

  const settle = (architecture: Architecture) => resolveSettings(said, architecture);
  const network = await loadModel(networkOf(said), {
    signal,
    onProgress: onDownload,
    // Settling the settings here finds their mistakes before anything is downloaded.
    needed: (architecture) => convolutionsFor(architecture, tapsOf(settle(architecture))),
  });
  const settings = settle(network.architecture);
  checkShape(pictures.content, 'content', settings);
  checkShape(pictures.style, 'style', settings);
  const work: Work = { ...pictures, network, settings };
  checkMemory(work);

  const engine = given ?? createEngine(threads === undefined ? {} : { threads });
  return {
    settings,
    sizes: settings.scales.map((scale) => fit(pictures.content, scale)),
    network: network.architecture.title,
    engine: engine.name,
    steps: (stop = signal) => paintPicture(work, engine, stop),
    close: async () => {
      if (engine !== given) await engine.close();
    },
  };
}

/** @throws UserError when a picture is so narrow that nothing of it is left at the smallest scale */
function checkShape(picture: Picture, role: string, { scales }: Settings): void {
  const { width, height } = fit(picture, scales[0] as number);
  if (Math.min(width, height) >= MIN_SIDE) return;
  throw new UserError(
    `The ${role} is too narrow: at the scale of ${scales[0]} pixels it would be ${width}x${height}; crop it, or begin with a larger scale.`,
  );
}

/** Pixels that the shorter side of a picture must have at every scale. */
const MIN_SIDE = 8;

/** What the program takes besides the graph: measured, with the room that the engine's allocator leaves unused. */
const BASE_BYTES = 250e6;
const OVERHEAD = 1.3;

/** @throws UserError when the largest scale wants more memory than the machine has free */
function checkMemory(work: Work): void {
  const { size } = work.settings;
  const { constants, values } = memoryOf(objectiveAt(work, size));
  const wanted = BASE_BYTES + OVERHEAD * (2 * constants + values);
  const free = process.availableMemory();
  if (wanted <= free) return;
  const smaller = Math.floor((size * Math.sqrt(free / wanted)) / 64) * 64;
  throw new UserError(
    `A painting of ${size} pixels with ${work.network.architecture.name} needs about ${gigabytes(wanted)} GB of memory, and ` +
      `${gigabytes(free)} GB are free: try a size of ${Math.max(smaller, MIN_SIZE)}.`,
  );
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}
