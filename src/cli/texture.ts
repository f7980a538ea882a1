import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import {
  checkFits,
  checkOutput,
  DEFAULT_SIZE,
  formatOf,
  localPath,
  prepareTexture,
  type Settings,
  TEXTURE_SETTINGS,
  UserError,
} from '../node/index.ts';
import {
  addCheckpointOptions,
  type CheckpointOptionValues,
  type CheckpointPlan,
  checkpointsTo,
  noteOther,
  planCheckpoints,
} from './checkpoints.ts';
import { givenSettings } from './chosen.ts';
import { paintTo } from './finish.ts';
import { checkNoInput, defaultOutput } from './inputs.ts';
import { INTERRUPTED_CODE } from './interrupt.ts';
import { addRunOptions, addSettings, type RunOptionValues } from './paint-options.ts';
import type { Progress } from './progress/progress.ts';
import { engineOptions } from './run-options.ts';
import { watched } from './watched.ts';

interface TextureCommandOptions
  extends RunOptionValues,
    CheckpointOptionValues,
    Partial<Pick<Settings, (typeof TEXTURE_SETTINGS)[number]>> {
  readonly size?: { readonly width: number; readonly height: number };
  readonly output?: string;
  readonly tileable?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** `velatura texture`: what remains of a picture when only its style counts. */
export function addTexture(program: Command): void {
  const command = program
    .command('texture')
    .summary('make a texture of a picture')
    .description(
      'Makes a texture of one picture or several: their hand and colours, with nothing in its place. Writes the texture, and its path to standard output.',
    )
    .argument('<style...>', 'the pictures to make it of')
    .optionsGroup('Texture:')
    .option('--size <size>', 'pixels, as 512 or 1024x768 (default: 512)', parseSize)
    .option('--tileable', 'so that it can be laid beside itself without a seam')
    .option(
      '-o, --output <file>',
      'what to write: a .png, .jpg, .webp, .avif or .tif (default: <style>-texture.png)',
    );
  addSettings(command, TEXTURE_SETTINGS);
  addCheckpointOptions(addRunOptions(command))
    .optionsGroup('What is shown:')
    .option('--quiet', 'nothing but the path of the texture, and errors')
    .option('--json', 'events for programs on standard output, one JSON object a line')
    .option('--debug', 'show where in the program an error came from')
    .helpOption('-h, --help', 'show this help')
    .action(run);
}

async function run(styles: string[], options: TextureCommandOptions): Promise<void> {
  const sources = styles.map(localPath);
  const output = options.output ?? outputFor(sources);
  await checkNoInput(output, sources);
  await checkOutput(output);
  checkFits(options.size ?? USUAL_SIZE, formatOf(output));
  const plan = await planCheckpoints(options, output, [], sources);
  await watched(options, (progress, signal) => make(sources, output, plan, options, progress, signal));
}

async function make(
  styles: readonly string[],
  output: string,
  plan: CheckpointPlan | undefined,
  options: TextureCommandOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { size = USUAL_SIZE, tileable = false, json } = options;
  const work = await prepareTexture(styles, {
    ...givenSettings({ ...options, size: undefined }),
    ...size,
    tileable,
    ...engineOptions(options, progress),
    signal,
  });
  try {
    const style = styles.map((name) => basename(name));
    progress.begin({ ...work, content: 'a texture', style });
    if (plan) noteOther(plan, progress);
    const notes = { style, texture: size, output: resolve(output) };
    const chosen = { choice: options.engine, threads: options.threads };
    const checkpoints = plan && checkpointsTo(plan, work, chosen, notes, { signal, note: progress.note });
    const ending = await paintTo(output, work, { style, texture: size }, progress, {
      signal,
      json,
      checkpoints,
    });
    if (ending.stopped) process.exitCode = INTERRUPTED_CODE;
  } finally {
    await work.close();
  }
}

function outputFor(styles: readonly string[]): string {
  const output = defaultOutput(styles, '-texture.png');
  return styles.some((style) => resolve(style) === resolve(output)) ? `new-${output}` : output;
}

const USUAL_SIZE = { width: DEFAULT_SIZE, height: DEFAULT_SIZE };

/** `512`, or `1024x768`. */
function parseSize(text: string): { width: number; height: number } {
  const [, width, height = width] = /^(\d+)(?:x(\d+))?$/.exec(text) ?? [];
  if (width === undefined || height === undefined) {
    throw new UserError(`--size must be a number of pixels, or two as in 1024x768, not "${text}".`);
  }
  return { width: Number(width), height: Number(height) };
}
