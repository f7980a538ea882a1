import { tmpdir } from 'node:os';
import { basename, extname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import {
  checkFits,
  checkOutput,
  formatOf,
  localPath,
  type Painting,
  type PaintingRecord,
  type Picture,
  preparePainting,
  resample,
  type Settings,
  type Size,
  type Step,
  UserError,
  writePicture,
} from '../node/index.ts';
import { adding } from './errors.ts';
import { checkNoInput, defaultOutput } from './inputs.ts';
import { INTERRUPTED_CODE, Interrupted, listenForInterrupt } from './interrupt.ts';
import { lastStep } from './last-step.ts';
import { chosenSettings } from './like.ts';
import { addPaintOptions, type PaintCommandOptions } from './paint-options.ts';
import { previewTo } from './preview.ts';
import { personalProgress } from './progress/index.ts';
import { jsonProgress } from './progress/json.ts';
import type { Ending, Progress } from './progress/progress.ts';

/** `velatura paint`: repaints a picture in the style of another. */
export function addPaint(program: Command): void {
  const command = program
    .command('paint')
    .summary('repaint a picture in the style of another')
    .description(
      'Repaints a picture, the content, in the style of another.\nWrites the painting, and its path to standard output.',
    )
    .argument('<content>', 'the picture to repaint: JPEG, PNG, WebP, AVIF, TIFF, GIF or SVG');
  addPaintOptions(command).action(run);
}

/** What there is to do, all checked that can be before any work. */
interface Job {
  readonly content: string;
  readonly styles: readonly string[];
  readonly output: string;
  readonly settings: Partial<Settings>;
}

async function run(content: string, options: PaintCommandOptions): Promise<void> {
  const job = await plan(content, options);
  const shown = personalProgress(options.quiet);
  const progress = options.json ? jsonProgress(process.stdout, shown) : shown;
  const interrupt = listenForInterrupt(() => progress.stopping());
  try {
    await paintJob(job, options, progress, interrupt.signal);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    progress.close();
    if (!options.quiet) process.stderr.write('Stopped before anything was painted; nothing was written.\n');
    process.exitCode = INTERRUPTED_CODE;
  } finally {
    interrupt.release();
    progress.close();
  }
}

async function plan(content: string, options: PaintCommandOptions): Promise<Job> {
  const { style, output } = options;
  if (style === undefined)
    throw new UserError('Name the picture in whose style to paint with --style <picture>.');
  const styles = style.map(localPath);
  const job = {
    content: localPath(content),
    styles,
    output: output ?? defaultOutput(localPath(content), styles),
    settings: await chosenSettings(options),
  };
  await checkFiles(job, options);
  return job;
}

async function paintJob(
  { content, styles, output, settings }: Job,
  { threads, engine, preview: previewFile, json }: PaintCommandOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const painting = await preparePainting(content, {
    ...settings,
    style: styles,
    ...(threads !== undefined && { threads }),
    ...(engine !== undefined && { engine }),
    signal,
    onDownload: progress.download,
    onNote: progress.note,
  });
  try {
    const { width, height } = painting.sizes.at(-1) as Size;
    for (const file of [output, previewFile]) {
      if (file !== undefined) checkFits({ width, height }, formatOf(file));
    }
    const names = { content: basename(content), style: styles.map((style) => basename(style)) };
    progress.begin({ ...painting, ...names });
    const preview = previewFile === undefined ? undefined : previewTo(previewFile, failedPreview(progress));
    const { last, failure } = await lastStep(painting, signal, progress, preview);
    await preview?.finish();

    const stopped = signal.aborted || failure ? stoppedAt(last, painting) : undefined;
    const record = { settings: painting.settings, ...names, stopped };
    try {
      await writeSomewhere(output, resample(last.picture, width, height), record);
    } catch (error) {
      throw failure ? adding(failure, (error as Error).message) : error;
    }
    const seconds = performance.now() / 1000;
    const peakMemory = process.resourceUsage().maxRSS * 1024;
    progress.end({ file: output, width, height, seconds, peakMemory, stopped });
    if (!json) process.stdout.write(`${output}\n`);
    if (failure) throw adding(failure, `The painting as far as it got is in ${output}.`);
    if (stopped) process.exitCode = INTERRUPTED_CODE;
  } finally {
    await painting.close();
  }
}

/** Where the painting was stopped; nothing if its last step was being done anyway. */
function stoppedAt({ scale, step, steps }: Step, { settings }: Painting): Ending['stopped'] {
  const complete = scale === settings.scales.at(-1) && step === steps;
  return complete ? undefined : { scale, step, steps };
}

/** @throws UserError when a file to be written cannot be, or is one of those that are read */
async function checkFiles(
  { content, styles, output, settings: { init, network } }: Job,
  { like, preview }: PaintCommandOptions,
): Promise<void> {
  const inputs = [content, ...styles, init, network, like].filter((path) => path !== undefined);
  for (const file of [output, preview].filter((path) => path !== undefined)) {
    await checkNoInput(file, inputs);
    await checkOutput(file);
  }
  if (preview !== undefined && resolve(preview) === resolve(output)) {
    throw new UserError(`The preview and the painting cannot be the same file, ${output}.`);
  }
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
    const elsewhere = join(tmpdir(), `velatura-${process.pid}-${basename(output, extname(output))}.png`);
    const kept = await writePicture(elsewhere, picture, record).then(
      () => true,
      () => false,
    );
    throw kept ? adding(error, `The painting is in ${elsewhere}.`) : error;
  }
}

function failedPreview(progress: Progress): (error: unknown) => void {
  return (error) =>
    progress.note(`The preview is left out. ${error instanceof Error ? error.message : error}`);
}
