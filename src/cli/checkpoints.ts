import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import {
  type Checkpoint,
  checkNoOtherFile,
  checkWritable,
  type EngineMark,
  type PreparedPainting,
  removeCheckpoint,
  type Step,
  takeCheckpoint,
  UserError,
  writeCheckpoint,
} from '../node/index.ts';
import { checkApart, checkNoInput } from './inputs.ts';
import type { Watcher } from './last-step.ts';
import type { CheckpointNotes } from './notes.ts';
import type { Progress } from './progress/progress.ts';
import { resumeCommand } from './text.ts';

/** Keeps a painting's checkpoint in a file while it is painted. */
export interface Checkpoints extends Watcher {
  /** Where the painting can be carried on from, if it can. */
  kept(): string | undefined;
  /** The painting is done: there is nothing to carry on. */
  remove(): Promise<void>;
}

export interface CheckpointOptionValues {
  readonly checkpoint?: string | false;
  readonly checkpointEvery?: number;
}

/** Where and how often. */
export interface CheckpointPlan {
  readonly file: string;
  /** Seconds between two writings; chosen here where nobody said. */
  readonly every: number | undefined;
  /** Whether it is to be kept also of a painting that is stopped before the first is due. */
  readonly always: boolean;
  /** Whether the file is this painting's already. */
  readonly begun: boolean;
}

/** Seconds: nobody minds painting the last two minutes once more, and what takes no longer needs no checkpoint. */
const USUAL_EVERY = 120;
/** Where nobody said how often, the time between two writings is at least so many times that of a writing. */
const SPACING = 20;

export function addCheckpointOptions(command: Command): Command {
  return addCheckpointEvery(
    command.option(
      '--checkpoint <file>',
      'where to keep what "velatura resume" carries on from (default: <output>.checkpoint, after two minutes)',
    ),
  ).option('--no-checkpoint', 'keep nothing to carry on from');
}

export function addCheckpointEvery(command: Command): Command {
  return command.option(
    '--checkpoint-every <seconds>',
    `seconds between two writings of it; 0 for every step (default: ${USUAL_EVERY})`,
    seconds,
  );
}

function seconds(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= 0 && value <= MOST_SECONDS) return value;
  throw new UserError(
    `--checkpoint-every must be a number of seconds from 0 to ${MOST_SECONDS}, not "${text}".`,
  );
}

/** A week. */
const MOST_SECONDS = 604_800;

/**
 * What the options ask for, of a painting that begins; nothing if that is no checkpoint.
 * @param files that are written besides
 * @param inputs that are read
 * @throws UserError when the file cannot be written, or is another one
 */
export async function planCheckpoints(
  { checkpoint, checkpointEvery }: CheckpointOptionValues,
  output: string,
  files: readonly (string | undefined)[],
  inputs: readonly string[],
): Promise<CheckpointPlan | undefined> {
  if (checkpoint === false) {
    if (checkpointEvery === undefined) return undefined;
    throw new UserError('--no-checkpoint and --checkpoint-every exclude each other.');
  }
  const file = checkpoint ?? `${output}.checkpoint`;
  await checkNoInput(file, inputs);
  await checkApart('The checkpoint and what is painted', file, [output, ...files]);
  const always = checkpoint !== undefined || checkpointEvery !== undefined;
  // Nobody may have asked for it, nor need it: that it cannot be written is said when it has to be.
  if (always) await checkWritable(file, () => {});
  await checkNoOtherFile(file);
  return { file, every: checkpointEvery, always, begun: false };
}

/** Tells that a painting was stopped here which will be lost when this one is. */
export function noteOther({ file, begun }: CheckpointPlan, progress: Pick<Progress, 'note'>): void {
  if (begun || !existsSync(file)) return;
  progress.note(
    `${file} is that of a painting that was stopped, and is replaced as soon as this one keeps its own; "${resumeCommand(file)}" would carry it on.`,
  );
}

/**
 * Writes the painting's checkpoint when it is time, beside the steps; before the painting ends without being done, once
 * more. A file that was there stays whole until the next is.
 */
export function checkpointsTo(
  { file, every, always, begun }: CheckpointPlan,
  painting: PreparedPainting,
  chosen: Pick<EngineMark, 'choice' | 'threads'>,
  notes: CheckpointNotes,
  { signal, note }: { signal: AbortSignal; note: (sentence: string) => void },
): Checkpoints {
  let interval = 1000 * (every ?? USUAL_EVERY);
  let last = performance.now();
  let writing: Promise<void> | undefined;
  /** The latest that was taken, if it has not been written. */
  let pending: Checkpoint | undefined;
  let ours = begun;
  let complete = false;
  let failed = false;

  function fail(error: unknown): void {
    const { message } = error as Error;
    if (!failed) note(`The checkpoint cannot be written, and painting goes on. ${message}`);
    failed = true;
  }

  async function take(step: Step): Promise<void> {
    pending = await takeCheckpoint(painting, step, chosen, notes);
  }

  async function write(): Promise<void> {
    const taken = pending as Checkpoint;
    pending = undefined;
    const began = performance.now();
    await writeCheckpoint(file, taken).then(() => {
      ours = true;
      failed = false;
    }, fail);
    last = performance.now();
    if (every === undefined) interval = Math.max(interval, SPACING * (last - began));
  }

  async function offer(step: Step): Promise<void> {
    complete = step.last && step.scale === painting.settings.scales.at(-1);
    const due = !writing && performance.now() - last >= interval;
    // The state at the end of a scale is little more than its picture. When the person stops the painting in the long
    // preparation of the next one, no other step comes.
    if (complete || !(due || step.last || signal.aborted)) return;
    await take(step).catch(fail);
    if (!due || !pending) return;
    writing = write().then(() => {
      writing = undefined;
    });
  }

  async function finish(): Promise<void> {
    await writing;
    const wanted = always || ours || performance.now() - last >= interval;
    if (!complete && pending && wanted) await write();
  }

  return {
    offer,
    finish,
    kept: () => (ours && existsSync(file) ? file : undefined),
    remove: async () => {
      if (!ours) return;
      await removeCheckpoint(file).catch(({ code }: NodeJS.ErrnoException) => {
        note(`${file} is needed no more, and could not be removed (${code}).`);
      });
    },
  };
}
