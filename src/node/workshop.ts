import type { Engine } from '../core/engine.ts';
import { UserError } from '../core/errors.ts';
import { type Architecture, convolutionsFor } from '../core/networks/index.ts';
import type { Network } from '../core/objective/index.ts';
import {
  checkSettings,
  fit,
  networkOf,
  paintPicture,
  type RegionMasks,
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
import { type MemoryPlan, planMemory, planNote } from './feasible.ts';
import { scratchStore } from './scratch.ts';
import { loadModel, type Progress } from './store/index.ts';
import { workOf } from './work.ts';

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
  /** Bytes of memory that a painting may take; a safe part of what is free when left out. Large paintings are cut into tiles. */
  readonly memory?: number;
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
  /** How it is worked out in the memory there is. */
  readonly memory: MemoryPlan;
  /** After which step it goes on, where it was begun before. */
  readonly from?: Pick<Step, 'scale' | 'step' | 'steps' | 'seconds'>;
  /** Paints. The last step's picture is the painting. */
  steps(signal?: AbortSignal): AsyncGenerator<Step>;
}

/** What a painting is made from. */
export interface Pictures extends Pick<Work, 'content' | 'styles' | 'start' | 'guide'> {
  /** How it was planned before; planned now when left out. */
  readonly plan?: MemoryPlan;
  /** What is painted where, as masks, of which the guide is made. */
  readonly regions?: RegionMasks;
}

/** What several paintings share: the network, the engine, the settings, and what is known of the styles. */
export interface Workshop {
  readonly network: Network;
  /** As they are where a painting has no others. */
  readonly settings: Settings;
  readonly engine: Engine;
  /**
   * Checks that pictures can be painted with.
   * @param variation settings that this painting has instead of the workshop's, each as settings have it once they are resolved
   * @throws UserError when one is too narrow, regions do not fit together, or there is not the memory
   */
  prepare(pictures: Pictures, variation?: Partial<Settings>): PreparedPainting;
  /** Frees the engine. */
  close(): Promise<void>;
}

/**
 * Settles the settings, loads the network and starts the engine.
 * @throws UserError for what the caller can put right, and the signal's reason
 */
export async function openWorkshop(options: WorkshopOptions): Promise<Workshop> {
  const {
    threads,
    engine: wanted = 'cpu',
    memory: bytes,
    signal,
    onDownload,
    onNote,
    moreTaps = () => [],
  } = options;
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
  const known: StyleMemory = new WeakMap();
  const notes = new Set<string>();

  return {
    network,
    settings,
    engine,
    prepare({ regions, plan, ...pictures }, variation) {
      const settled = { ...settings, ...checkSettings(variation ?? {}) };
      const work = workOf({ ...pictures, network, settings: settled, memory: known }, regions);
      const planned = plan ?? planMemory(work, bytes);
      const note = planNote(planned, work);
      // What holds for many paintings is worth saying once.
      if (note && !notes.has(note)) {
        notes.add(note);
        onNote?.(note);
      }
      const painting: Work = { ...work, plan: planned.scales };
      return {
        work: painting,
        settings: settled,
        sizes: settled.scales.map((scale) => fit(pictures.content, scale)),
        network: network.architecture.title,
        engine: engine.name,
        memory: planned,
        steps: (stop = signal) => paintPicture(painting, engine, stop, undefined, scratchStore()),
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
  const { threads, engine, memory, signal, onDownload, onNote, moreTaps, ...settings } = options;
  if (typeof engine === 'string') checkEngineChoice(engine);
  checkBudget(memory);
  return checkSettings(settings);
}

function checkBudget(memory: number | undefined): void {
  if (memory === undefined || (Number.isFinite(memory) && memory > 0)) return;
  throw new UserError(`memory must be a number of bytes above 0, not ${memory}.`);
}

function checkThreads(threads: number | undefined): void {
  if (threads === undefined || (Number.isInteger(threads) && threads >= 1)) return;
  throw new UserError(`threads must be a whole number from 1, not ${threads}.`);
}
