import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import {
  checkFits,
  checkOutput,
  formatOf,
  HISTORY_EVERY,
  isColor,
  localPath,
  type PaintingRecord,
  preparePainting,
  type Settings,
  type Size,
} from '../node/index.ts';
import { type CheckpointPlan, checkpointsTo, noteOther, planCheckpoints } from './checkpoints.ts';
import { type ChosenRegions, chosenRegions, chosenSettings, chosenStyles, regionFiles } from './chosen.ts';
import { paintTo } from './finish.ts';
import { checkHistory, historyIn } from './history.ts';
import { checkApart, checkNoInput, defaultOutput } from './inputs.ts';
import { INTERRUPTED_CODE } from './interrupt.ts';
import { addPaintOptions, type PaintCommandOptions } from './paint-options.ts';
import { leftOut, previewTo } from './preview.ts';
import type { Progress } from './progress/progress.ts';
import { engineOptions } from './run-options.ts';
import { paintMany } from './series/paint.ts';
import { isSeries } from './series/plan.ts';
import { watched } from './watched.ts';

/** `velatura paint`: repaints a picture, or several, in the style of another. */
export function addPaint(program: Command): void {
  const command = program
    .command('paint')
    .summary('repaint a picture in the style of another')
    .description(
      'Repaints a picture, the content, in the style of another. Writes the painting, and its path to standard output. Of several pictures each becomes a painting in the folder that -o names; where some cannot be painted, the others are, and the exit code is not 0.',
    )
    .argument(
      '<content...>',
      "the picture to repaint: JPEG, PNG, WebP, AVIF, TIFF, GIF or SVG; or several, or a pattern such as 'photos/*.jpg'",
    );
  addPaintOptions(command).action(run);
}

/** What there is to do, all checked that can be before any work. */
interface Job {
  readonly content: string;
  readonly styles: readonly string[];
  readonly output: string;
  readonly regions: ChosenRegions;
  readonly settings: Partial<Settings>;
  readonly checkpoints: CheckpointPlan | undefined;
}

async function run(contents: string[], options: PaintCommandOptions): Promise<void> {
  if (isSeries(contents, options.output)) await paintMany(contents, options);
  else await paintOne(contents[0] as string, options);
}

async function paintOne(content: string, options: PaintCommandOptions): Promise<void> {
  const job = await plan(content, options);
  await watched(options, (progress, signal) => paintJob(job, options, progress, signal));
}

async function plan(content: string, options: PaintCommandOptions): Promise<Job> {
  const styles = chosenStyles(options);
  const job = {
    content: localPath(content),
    styles,
    output: options.output ?? defaultOutput([localPath(content), ...styles]),
    regions: chosenRegions(options),
    settings: await chosenSettings(options),
  };
  return { ...job, checkpoints: await checkFiles(job, options) };
}

async function paintJob(
  { content, styles, output, regions, settings, checkpoints: plan }: Job,
  options: PaintCommandOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { preview: previewFile, history: folder, historyEvery = HISTORY_EVERY, json } = options;
  const painting = await preparePainting(content, {
    ...settings,
    style: styles,
    ...regions,
    ...engineOptions(options, progress),
    signal,
  });
  try {
    for (const file of [output, previewFile]) {
      if (file !== undefined) checkFits(painting.sizes.at(-1) as Size, formatOf(file));
    }
    const names = {
      content: basename(content),
      style: styles.map((style) => basename(style)),
      regions: regionNames(regions),
    };
    progress.begin({ ...painting, ...names });
    const watchers = [
      ...(previewFile === undefined ? [] : [previewTo(previewFile, leftOut('preview', progress))]),
      ...(folder === undefined
        ? []
        : [historyIn(folder, historyEvery, painting.sizes.at(-1) as Size, leftOut('history', progress))]),
    ];
    if (plan) noteOther(plan, progress);
    const notes = { ...names, output: resolve(output), preview: previewFile && resolve(previewFile) };
    const chosen = { choice: options.engine, threads: options.threads };
    const checkpoints = plan && checkpointsTo(plan, painting, chosen, notes, { signal, note: progress.note });
    const ending = await paintTo(output, painting, names, progress, { signal, json, watchers, checkpoints });
    if (ending.stopped) process.exitCode = INTERRUPTED_CODE;
  } finally {
    await painting.close();
  }
}

/** As they are written into the painting. */
function regionNames({ contentRegions, styleRegions }: ChosenRegions): PaintingRecord['regions'] {
  if (contentRegions === undefined) return undefined;
  const nameOf = (mask: string) => (isColor(mask) ? mask : basename(mask));
  return { content: nameOf(contentRegions), style: styleRegions?.map(nameOf) };
}

/**
 * @returns where checkpoints go
 * @throws UserError when a file to be written cannot be, or is one of those that are read
 */
async function checkFiles(
  { content, styles, output, regions, settings: { init, network } }: Omit<Job, 'checkpoints'>,
  options: PaintCommandOptions,
): Promise<CheckpointPlan | undefined> {
  const { like, preview, history } = options;
  const inputs = [content, ...styles, ...regionFiles(regions), init, network, like].filter(
    (path) => path !== undefined,
  );
  for (const file of [output, preview].filter((path) => path !== undefined)) {
    await checkNoInput(file, inputs);
    await checkOutput(file);
  }
  if (preview !== undefined) await checkApart('The preview and the painting', preview, [output]);
  const checkpoints = await planCheckpoints(options, output, [preview], inputs);
  if (history !== undefined) await checkHistory(history);
  return checkpoints;
}
