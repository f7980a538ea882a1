import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import {
  architectureNamed,
  checkEngineChoice,
  type EngineChoice,
  presetNetworks,
  resolveSettings,
  type Settings,
  UserError,
} from '../node/index.ts';
import { parseSetting, type SettingWithOption, settingOptions, writeSetting } from './settings.ts';

/** What `velatura paint` was told. */
export interface PaintCommandOptions extends Partial<Pick<Settings, SettingWithOption>> {
  readonly style?: readonly string[];
  readonly output?: string;
  readonly like?: string;
  readonly preview?: string;
  readonly threads?: number;
  readonly engine?: EngineChoice;
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
`;

export function addPaintOptions(command: Command): Command {
  const usual = resolveSettings({}, architectureNamed(presetNetworks.default));
  addStyleOption(command.optionsGroup('Pictures:')).option(
    '-o, --output <file>',
    'what to write: a .png, .jpg, .webp, .avif or .tif (default: <content>-<style>.png)',
  );
  addStartOptions(command, usual).option('--preview <file>', 'show the painting in this file as it grows');
  addSizeOptions(command.optionsGroup('Size and time:'), usual);
  addMachineOptions(command);
  addLookOptions(command, usual);
  addNetworkOptions(command, usual);
  return command
    .optionsGroup('What is shown:')
    .option('--quiet', 'nothing but the path of the painting, and errors')
    .option('--json', 'events for programs on standard output, one JSON object a line')
    .option('--debug', 'show where in the program an error came from')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', examples);
}

/* The pieces, for all commands that paint; `usual` are the settings that their help names as defaults. */

export function addStyleOption(command: Command): Command {
  return command.option(
    '--style <pictures...>',
    'the picture in whose style to paint (required), or several',
  );
}

export function addStartOptions(command: Command, usual: Settings): Command {
  addSetting(command, usual, 'init', 'picture', 'what to start from: content, style, noise, or a file');
  return command.option('--like <painting>', 'take the settings of that painting as defaults');
}

export function addSizeOptions(command: Command, usual: Settings): Command {
  const setting = addSetting.bind(undefined, command, usual);
  setting('size', 'pixels', 'longest side of the painting');
  setting('scales', 'list', 'longest sides to paint at on the way, from coarse to fine');
  return setting('steps', 'list', 'steps at each scale, or one number for all');
}

export function addMachineOptions(command: Command): Command {
  return command
    .option('--threads <number>', 'threads for the arithmetic (default: one a processor core)', threads)
    .option(
      '--engine <name>',
      'cpu, webgpu (a GPU), or auto: the faster one that works here (default: cpu)',
      checkEngineChoice,
    );
}

export function addLookOptions(command: Command, usual: Settings): Command {
  const setting = addSetting.bind(undefined, command, usual);
  command.optionsGroup('Look:');
  setting('preset', 'name', 'default, or classic: close to the paper of 2015');
  setting('strength', 'number', 'from 0, the content as it is, to 1, nothing but style');
  setting('styleMix', 'list', 'how much each of several styles counts');
  setting('styleScale', 'number', 'size of the style pictures against the painting: 0.5 makes finer strokes');
  setting(
    'color',
    'name',
    "style, content (keeps the content's colours), or match (moves the style's to them)",
  );
  setting('contentWeight', 'number', 'how much the content counts; 0.02 is bold, 0.2 keeps a likeness');
  setting('styleWeight', 'number', 'how much the style counts');
  setting('tvWeight', 'number', 'how much smoothness counts');
  return setting('seed', 'number', 'another number, another noise to start from');
}

export function addNetworkOptions(command: Command, usual: Settings): Command {
  const setting = addSetting.bind(undefined, command, usual);
  command.optionsGroup('Network:');
  setting('network', 'name', 'resnet50, vgg19, vgg16, or a weight file');
  setting('contentTaps', 'list', 'where in the network to compare contents; with weights as 4b:1,4c:0.5');
  setting('styleTaps', 'list', 'and where styles');
  setting('projection', 'share', 'compare styles in this share of the channels; 1 is slower and exact');
  setting('pooling', 'kind', 'max or avg');
  return setting('optimizer', 'name', 'lbfgs or adam');
}

function addSetting(
  command: Command,
  usual: Settings,
  name: SettingWithOption,
  placeholder: string,
  description: string,
): Command {
  return command.option(
    `${settingOptions[name]} <${placeholder}>`,
    `${description} (default: ${writeSetting(usual[name]) || 'equal parts'})`,
    parseSetting(name),
  );
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
