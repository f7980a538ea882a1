import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import {
  architectureNamed,
  checkEngineChoice,
  DEFAULT_SIZE,
  type EngineChoice,
  HISTORY_EVERY,
  presetNetworks,
  resolveSettings,
  type Settings,
  UserError,
} from '../node/index.ts';
import { addCheckpointOptions, type CheckpointOptionValues } from './checkpoints.ts';
import { parseSetting, type SettingWithOption, settingOptions, writeSetting } from './settings.ts';

/** What `velatura paint` was told. */
export interface PaintCommandOptions
  extends RunOptionValues,
    CheckpointOptionValues,
    Partial<Pick<Settings, SettingWithOption>> {
  readonly style?: readonly string[];
  readonly contentRegions?: string;
  readonly styleRegions?: readonly string[];
  readonly output?: string;
  readonly like?: string;
  readonly preview?: string;
  readonly history?: string;
  readonly historyEvery?: number;
  readonly force?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

const examples = `
Examples:
  $ velatura paint town.jpg --style swirls.jpg
      paints town-swirls.png, 512 pixels long
  $ velatura paint me.jpg --style cubes.jpg --size 1024 -o me.tif
      larger, and with 16 bits a colour
  $ velatura paint lake.jpg --style swirls.jpg --like town-swirls.png
      the same way as a painting before
  $ velatura paint lake.jpg --style swirls.jpg cubes.jpg --style-mix 0.7,0.3
      in two styles at once
  $ velatura paint lake.jpg --style swirls.jpg --content-regions lake-mask.png
      only where the mask is white
  $ velatura paint 'photos/*.jpg' --style swirls.jpg -o out/
      many pictures, each into the folder
`;

/** What stands for the value of each setting's option in the help, and what it is for. */
const described: Readonly<Record<SettingWithOption, readonly [placeholder: string, description: string]>> = {
  init: ['picture', 'what to start from: content, style, noise, or a file'],
  size: ['pixels', 'longest side of the painting'],
  scales: ['list', 'longest sides to paint at on the way, from coarse to fine'],
  steps: ['list', 'steps at each scale, or one number for all'],
  preset: ['name', 'default, or classic: close to the paper of 2015'],
  strength: ['number', 'from 0, the content as it is, to 1, nothing but style'],
  styleMix: ['list', 'how much each of several styles counts'],
  styleScale: ['number', 'size of the style pictures against the painting: 0.5 makes finer strokes'],
  color: ['name', "style, content (keeps the content's colours), or match (moves the style's to them)"],
  contentWeight: ['number', 'how much the content counts; 0.02 is bold, 0.2 keeps a likeness'],
  styleWeight: ['number', 'how much the style counts'],
  tvWeight: ['number', 'how much smoothness counts'],
  seed: ['number', 'another number, another noise to start from'],
  network: ['name', 'resnet50, vgg19, vgg16, or a weight file'],
  contentTaps: ['list', 'where in the network to compare contents; with weights as 4b:1,4c:0.5'],
  styleTaps: ['list', 'where in the network to compare styles: taps, or fine, balanced or bold'],
  styleLoss: ['name', 'what styles are measured by: gram, moments (quickest), wasserstein or histogram'],
  projection: ['share', 'compare styles in this share of the channels; 1 is slower and exact'],
  pooling: ['kind', 'max or avg'],
  optimizer: ['name', 'lbfgs or adam'],
};

/** What each setting with an option is for, in a few words. */
export const settingWords: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(described).map(([name, [, words]]) => [name, words]),
);

/**
 * Adds the options of settings, in that order.
 * @param size the longest side that the help names as default, with what follows from it
 */
export function addSettings(
  command: Command,
  names: readonly SettingWithOption[],
  size = DEFAULT_SIZE,
): Command {
  const usual = resolveSettings({ size }, architectureNamed(presetNetworks.default));
  for (const name of names) {
    const [placeholder, description] = described[name];
    command.option(
      `${settingOptions[name]} <${placeholder}>`,
      `${description} (default: ${writeSetting(usual[name]) || 'equal parts'})`,
      parseSetting(name),
    );
  }
  return command;
}

/** What does the arithmetic. */
export interface EngineOptionValues {
  readonly threads?: number;
  readonly engine?: EngineChoice;
}

export function addEngineOptions(command: Command): Command {
  return command
    .option('--threads <number>', 'threads for the arithmetic (default: one a processor core)', threads)
    .option(
      '--engine <name>',
      'cpu, webgpu (a GPU), or auto: the faster one that works here (default: cpu)',
      checkEngineChoice,
    );
}

/** What a painting runs on: what does the arithmetic, and in how much memory. */
export interface RunOptionValues extends EngineOptionValues {
  readonly memory?: number;
}

export function addRunOptions(command: Command): Command {
  return addEngineOptions(command).option(
    '--memory <amount>',
    'memory to stay within, as 2GB: what is too large is cut into tiles (default: most of what is free)',
    parseMemory,
  );
}

/** The bytes of `2GB`, `1.5 GB`, `800MB`. */
export function parseMemory(text: string): number {
  const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*(GB|MB|GiB|MiB)\s*$/i.exec(text) ?? [];
  const value = Number(amount) * (UNITS[unit?.toLowerCase() ?? ''] ?? Number.NaN);
  if (value > 0) return value;
  throw new UserError(`--memory must be an amount such as 2GB or 800MB, not "${text}".`);
}

const UNITS: Readonly<Record<string, number>> = { gb: 1e9, mb: 1e6, gib: 2 ** 30, mib: 2 ** 20 };

/** What decides how paintings look, and what is seen by. */
export const LOOK = [
  'preset',
  'strength',
  'styleMix',
  'styleScale',
  'color',
  'contentWeight',
  'styleWeight',
  'tvWeight',
  'seed',
] as const;
export const NETWORK = [
  'network',
  'contentTaps',
  'styleTaps',
  'styleLoss',
  'projection',
  'pooling',
  'optimizer',
] as const;

export function addPaintOptions(command: Command): Command {
  command
    .optionsGroup('Pictures:')
    .option('--style <pictures...>', 'the picture in whose style to paint (required), or several')
    .option(
      '-o, --output <file>',
      'what to write: a .png, .jpg, .webp, .avif or .tif (default: <content>-<style>.png); of several pictures, a folder',
    );
  command
    .option(
      '--content-regions <mask>',
      'a picture in flat colours: each part is painted in the part of a style that has its colour; of white and black alone, paint where it is white',
    )
    .option(
      '--style-regions <masks...>',
      'the same for each style, or a colour as "#ff0000" that all of it is for; styles without one are for the rest',
    );
  addSettings(command, ['init']);
  command
    .option('--like <painting>', 'take the settings of that painting as defaults')
    .option('--preview <file>', 'show the painting in this file as it grows')
    .option('--history <folder>', 'keep pictures of how it grew in this folder, and an animation')
    .option(
      '--history-every <steps>',
      `steps between two of these pictures (default: ${HISTORY_EVERY})`,
      wholeNumber('--history-every'),
    )
    .option('--force', 'of several pictures, paint again what has been painted');

  addSettings(command.optionsGroup('Size and time:'), ['size', 'scales', 'steps']);
  addCheckpointOptions(addRunOptions(command));

  addSettings(command.optionsGroup('Look:'), LOOK);

  addSettings(command.optionsGroup('Network:'), NETWORK);

  return command
    .optionsGroup('What is shown:')
    .option('--quiet', 'nothing but the path of the painting, and errors')
    .option('--json', 'events for programs on standard output, one JSON object a line')
    .option('--debug', 'show where in the program an error came from')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', examples);
}

function wholeNumber(option: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= 1) return value;
    throw new UserError(`${option} must be a whole number from 1, not "${text}".`);
  };
}

/** More threads than this only wait for each other, and look like a program that hangs. */
const MOST_THREADS = 2 * availableParallelism();

function threads(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= MOST_THREADS) return value;
  throw new UserError(
    `--threads must be a whole number from 1 to ${MOST_THREADS}, twice the processor cores here, not "${text}".`,
  );
}
