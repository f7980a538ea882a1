import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { resolve } from 'node:path';
import { architectures, convolutionsFor, parameterShapes } from '../../core/networks/index.ts';
import type { Network } from '../../core/objective/index.ts';
import { type Guide, type Settings, type Step, tapsOf } from '../../core/paint/index.ts';
import type { PaintingState } from '../../core/paint/state.ts';
import type { LargePicture, Picture } from '../../core/picture/picture.ts';
import type { Weights } from '../../core/weights/index.ts';
import { bytesOf } from '../../core/weights/safetensors.ts';
import type { EngineChoice } from '../engine/provider.ts';
import type { MemoryPlan } from '../feasible.ts';
import type { PreparedPainting } from '../workshop.ts';

/** A painting between two steps, with all that it takes to go on but the network's weights. */
export interface Checkpoint {
  /** What wrote it, as in `Velatura 0.1.0`. */
  readonly program: string;
  readonly settings: Settings;
  readonly network: NetworkMark;
  readonly engine: EngineMark;
  /** As they were read. */
  readonly content: Picture;
  readonly styles: readonly Picture[];
  readonly start?: Picture;
  /** What is painted where. */
  readonly guide?: Guide;
  /** How it is worked out, which decides how pixels are rounded. */
  readonly memory: MemoryPlan;
  readonly state: PaintingState;
  /** The painting as it stands, at the size of its scale. */
  readonly painting: LargePicture;
  /** What whoever paints wants to find again: plain data that JSON can hold. */
  readonly notes: unknown;
}

/** By what a network is found again, and known to be the same. */
export interface NetworkMark {
  readonly name: string;
  /** SHA-256 of the arrays that the settings need, in hexadecimal. */
  readonly sha256: string;
  /** The whole path of the file that it was read from, if it is none of Velatura's own. */
  readonly file?: string | undefined;
}

/** What did the arithmetic: by another one the pixels may come out slightly different. */
export interface EngineMark {
  readonly name: string;
  /** The processor. */
  readonly machine: string;
  /** What was asked for, where that was a name. */
  readonly choice?: EngineChoice | undefined;
  readonly threads?: number | undefined;
}

const { version } = createRequire(import.meta.url)('../../../package.json') as { version: string };

/** This program, as checkpoints name it. */
export const PROGRAM = `Velatura ${version}`;

/** This machine, as checkpoints name it. */
export function machine(): string {
  return `${cpus()[0]?.model.trim() ?? process.arch}, ${availableParallelism()} processors`;
}

/**
 * Takes a painting's checkpoint after a step, before the next one is asked for.
 * @param chosen the engine and threads that were asked for, so that the painting goes on with the same
 * @param notes plain data that JSON can hold
 * @throws EngineError when the engine fails; UserError when the disk is full on which a large painting lies
 */
export async function takeCheckpoint(
  { work, engine, memory }: Pick<PreparedPainting, 'work' | 'engine' | 'memory'>,
  step: Pick<Step, 'largePicture' | 'checkpoint'>,
  chosen: Pick<EngineMark, 'choice' | 'threads'>,
  notes: unknown,
): Promise<Checkpoint> {
  const { settings, network, content, styles, start, guide } = work;
  return {
    program: PROGRAM,
    settings,
    network: markOf(network, settings),
    engine: { name: engine, machine: machine(), ...chosen },
    content,
    styles,
    ...(start && { start }),
    ...(guide && { guide }),
    memory,
    state: await step.checkpoint(),
    painting: step.largePicture,
    notes,
  };
}

/** Of weights that a mark has been made of, as hashing them takes a while. */
const known = new WeakMap<Weights, string>();

/** The mark of a network for paintings with these settings. */
export function markOf({ architecture, weights }: Network, settings: Settings): NetworkMark {
  const found = known.get(weights) ?? hashOf({ architecture, weights }, settings);
  known.set(weights, found);
  const own = architectures.some(({ name }) => name === settings.network);
  return {
    name: architecture.name,
    sha256: found,
    file: own ? undefined : resolve(settings.network),
  };
}

/** Only what the settings need is loaded of some networks; then only that can be compared. */
function hashOf({ architecture, weights }: Network, settings: Settings): string {
  const needed = convolutionsFor(architecture, tapsOf(settings));
  const convolutions = architecture.convolutions.filter(({ name }) => needed.includes(name));
  const hash = createHash('sha256');
  for (const name of parameterShapes({ ...architecture, convolutions }).keys()) {
    const array = weights.get(name);
    if (array) hash.update(bytesOf(array.data));
  }
  return hash.digest('hex');
}
