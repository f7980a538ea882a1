import type { Engine } from '../core/engine.ts';
import { UserError } from '../core/errors.ts';
import { type Architecture, convolutionsFor } from '../core/networks/index.ts';
import {
  checkSettings,
  fit,
  networkOf,
  paintPicture,
  partsOf,
  resolveSettings,
  type Settings,
  type Size,
  type Step,
  type StyleMemory,
  tapsOf,
  type Work,
} from '../core/paint/index.ts';
import { createEngine } from './engine/engine.ts';
import { checkEngineChoice, chooseProvider, type EngineChoice } from './engine/provider.ts';
import { checkMemory, checkShape } from './feasible.ts';
import { loadModel, type Progress } from './store/index.ts';

export interface WorkshopOptions extends Partial<Settings> {
  /** Names taps whose weights are needed besides those of the settings. */
  readonly moreTaps?: (architecture: Architecture) => readonly string[];
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

/** A painting of which everything is loaded and checked, for somebody else's engine. */
export interface PreparedPainting {
  /** What is painted, and how. */
  readonly work: Work;
  readonly settings: Settings;
  /** The painting's size at each scale. */
  readonly sizes: readonly Size[];
  /** The network's title. */
  readonly network: string;
  /** The engine's name. */
  readonly engine: string;
  /** After which step it goes on, where it was begun before. */
  readonly from?: Pick<Step, 'scale' | 'step' | 'steps' | 'seconds'>;
  /** Paints. The last step's picture is the painting. */
  steps(signal?: AbortSignal): AsyncGenerator<Step>;
}

/** The settings that may differ between the paintings of a workshop. */
export type Variation = Partial<Pick<Settings, 'strength' | 'seed'>>;

/** What several paintings share: the network, the engine, the settings, and what is known of the styles. */
export interface Workshop {
  /** As they are where a painting has no others. */
  readonly settings: Settings;
  readonly engine: Engine;
  /**
   * Checks that pictures can be painted with.
   * @throws UserError when one is too narrow, or there is not the memory
   */
  prepare(pictures: Pick<Work, 'content' | 'styles' | 'start'>, variation?: Variation): PreparedPainting;
  /** Frees the engine. */
  close(): Promise<void>;
}

/**
 * Settles the settings, loads the network and starts the engine.
 * @throws UserError for what the caller can put right, and the signal's reason
 */
export async function openWorkshop(options: WorkshopOptions): Promise<Workshop> {
  const { threads, engine: wanted = 'cpu', signal, onDownload, onNote, moreTaps = () => [] } = options;
  const said = settingsIn(options);
  checkThreads(threads);
  const using = typeof wanted === 'string' ? await chooseProvider(wanted, onNote) : wanted;
  const settle = (architecture: Architecture) => resolveSettings(said, architecture);
  const network = await loadModel(networkOf(said), {
    signal,
    onProgress: onDownload,
    // Settling the settings here finds their mistakes before anything is downloaded.
    needed: (architecture) =>
      convolutionsFor(architecture, [...tapsOf(settle(architecture)), ...moreTaps(architecture)]),
  });
  const settings = settle(network.architecture);
  const engine =
    typeof using === 'string'
      ? createEngine({ provider: using, ...(threads !== undefined && { threads }) })
      : using;
  const memory: StyleMemory = new WeakMap();

  return {
    settings,
    engine,
    prepare(pictures, variation) {
      const settled = { ...settings, ...checkSettings(variation ?? {}) };
      const work: Work = { ...pictures, network, settings: settled, memory };
      checkShape(work.content, 'content', work);
      partsOf(settled, work.styles.length);
      for (const style of work.styles) checkShape(style, 'style', work);
      checkMemory(work);
      return {
        work,
        settings: settled,
        sizes: settled.scales.map((scale) => fit(pictures.content, scale)),
        network: network.architecture.title,
        engine: engine.name,
        steps: (stop = signal) => paintPicture(work, engine, stop),
      };
    },
    close: async () => {
      if (engine !== wanted) await engine.close();
    },
  };
}

/**
 * The settings among the options.
 * @throws UserError about the first that makes no sense
 */
export function settingsIn(options: WorkshopOptions): Partial<Settings> {
  const { threads, engine, signal, onDownload, onNote, moreTaps, ...settings } = options;
  if (typeof engine === 'string') checkEngineChoice(engine);
  return checkSettings(settings);
}

function checkThreads(threads: number | undefined): void {
  if (threads === undefined || (Number.isInteger(threads) && threads >= 1)) return;
  throw new UserError(`threads must be a whole number from 1, not ${threads}.`);
}
