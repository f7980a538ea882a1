import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import {
  type PaintingRecord,
  type Picture,
  type PreparedPainting,
  resample,
  type Size,
  type Step,
  writePicture,
} from '../node/index.ts';
import type { Checkpoints } from './checkpoints.ts';
import { adding } from './errors.ts';
import { type LastStep, lastStep, type Watcher } from './last-step.ts';
import type { Ending, Progress } from './progress/progress.ts';
import { resumeCommand } from './text.ts';

/** What a painting's record says of its pictures. */
type Names = Pick<PaintingRecord, 'content' | 'style' | 'regions' | 'texture'>;

/**
 * Paints, and writes the painting as far as it got: its path goes to standard output, unless events go there.
 * @param watchers told of every step
 * @param checkpoints kept until the painting is done and written
 * @throws what ended the painting, with a sentence that says where it is
 */
export async function paintTo(
  output: string,
  painting: PreparedPainting,
  names: Names,
  progress: Pick<Progress, 'step' | 'end'>,
  {
    signal,
    json,
    watchers = [],
    checkpoints,
  }: {
    signal: AbortSignal;
    json?: boolean | undefined;
    watchers?: readonly Watcher[];
    checkpoints?: Checkpoints | undefined;
  },
): Promise<Ending> {
  // The checkpoint last: when it looks whether the person has stopped the painting, nothing may come in between.
  const all = checkpoints ? [...watchers, checkpoints] : watchers;
  const painted = await lastStep(painting, signal, progress, all);
  for (const watcher of all) await watcher.finish();
  const carryOn = (error: Error) => {
    const file = checkpoints?.kept();
    return file === undefined ? error : adding(error, `"${resumeCommand(file)}" carries on.`);
  };
  const found = await finish(output, painting, painted, names, signal.aborted).catch((error: Error) => {
    throw carryOn(error);
  });
  const ending = found.stopped ? { ...found, checkpoint: checkpoints?.kept() } : found;
  progress.end(ending);
  if (!json) process.stdout.write(`${output}\n`);
  if (painted.failure) {
    throw carryOn(
      adding(
        painted.failure,
        `The ${names.texture ? 'texture' : 'painting'} as far as it got is in ${output}.`,
      ),
    );
  }
  if (!ending.stopped) await checkpoints?.remove();
  return ending;
}

/**
 * Writes a painting as far as it got, at its full size, with its record.
 * @returns what is to be said of it
 * @throws what ended the painting or the writing, with a sentence that says where the painting is
 */
async function finish(
  output: string,
  painting: PreparedPainting,
  { last, failure }: LastStep,
  names: Names,
  stopping: boolean,
): Promise<Ending> {
  const { width, height } = painting.sizes.at(-1) as Size;
  const stopped = stopping || failure ? stoppedAt(last, painting) : undefined;
  const record = { settings: painting.settings, ...names, stopped };
  try {
    await writeSomewhere(output, resample(last.picture, width, height), record);
  } catch (error) {
    throw failure ? adding(failure, (error as Error).message) : error;
  }
  const seconds = performance.now() / 1000;
  const peakMemory = process.resourceUsage().maxRSS * 1024;
  return { file: output, width, height, seconds, peakMemory, stopped };
}

/** Where the painting was stopped; nothing if its last step was being done anyway. */
function stoppedAt({ scale, step, steps, last }: Step, { settings }: PreparedPainting): Ending['stopped'] {
  const complete = scale === settings.scales.at(-1) && last;
  return complete ? undefined : { scale, step, steps };
}

/**
 * Writes the painting; where that fails, as on a full disk, as PNG into the folder for temporary files, since it may
 * have taken hours.
 * @throws an error saying what went wrong, and where the painting is
 */
async function writeSomewhere(output: string, picture: Picture, record: PaintingRecord): Promise<void> {
  try {
    await writePicture(output, picture, record);
  } catch (error) {
    const elsewhere = await writeElsewhere(`${basename(output, extname(output))}.png`, picture, record);
    throw elsewhere === undefined ? error : adding(error, `The painting is in ${elsewhere}.`);
  }
}

/** @returns the path of the painting; nothing where it cannot be written either */
async function writeElsewhere(
  name: string,
  picture: Picture,
  record: PaintingRecord,
): Promise<string | undefined> {
  let folder: string | undefined;
  try {
    // A name may be as long as it can be: what keeps it apart from others has to be a folder's.
    folder = await mkdtemp(join(tmpdir(), 'velatura-'));
    const path = join(folder, name);
    await writePicture(path, picture, record);
    return path;
  } catch {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    return undefined;
  }
}
