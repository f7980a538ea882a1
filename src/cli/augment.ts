import { basename, join } from 'node:path';
import type { Command } from 'commander';
import {
  AUGMENT_DEFAULTS,
  architectureNamed,
  augment,
  DEFAULT_STRENGTH,
  presetNetworks,
  resolveSettings,
  type Settings,
  type Size,
  UserError,
} from '../node/index.ts';
import { givenSettings } from './chosen.ts';
import { addRunOptions, addSettings, type RunOptionValues } from './paint-options.ts';
import type { Ending } from './progress/progress.ts';
import { engineOptions } from './run-options.ts';
import { failureOf, reportFailures } from './series/failures.ts';
import { seriesProgress } from './series/index.ts';
import type { Failure } from './series/progress.ts';
import { parseSetting, type SettingWithOption, settingOptions, writeSetting } from './settings.ts';
import { untilInterrupted } from './watched.ts';

/** The settings that copies have as any painting has, beside their size, scales and steps. */
const SETTINGS = [
  'preset',
  'styleScale',
  'styleLoss',
  'styleTaps',
  'color',
  'contentWeight',
  'styleWeight',
  'tvWeight',
  'network',
  'contentTaps',
  'projection',
  'pooling',
  'optimizer',
] as const satisfies SettingWithOption[];

/** What `velatura augment` was told. */
interface AugmentCommandOptions
  extends RunOptionValues,
    Partial<Pick<Settings, 'size' | 'scales' | 'steps' | (typeof SETTINGS)[number]>> {
  readonly styles: string;
  readonly output: string;
  readonly perImage?: number;
  readonly seed?: number;
  readonly strength?: readonly [number, number];
  readonly format?: string;
  readonly force?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

const examples = `
Examples:
  $ velatura augment train/ --styles paintings/ --per-image 3 --seed 7 -o train-styled/
      three copies of each picture, in the same folders; the same again from the same seed
  $ velatura augment train/ --styles paintings/ --strength 0.5..0.8 --size 224 -o train-styled/
      smaller, and bolder
`;

/** `velatura augment`: stylised copies of a training set. */
export function addAugment(program: Command): void {
  const usual = resolveSettings(AUGMENT_DEFAULTS, architectureNamed(presetNetworks.default));
  const command = program
    .command('augment')
    .summary('paint stylised copies of a training set')
    .description(
      'Paints copies of every picture in a folder and the folders in it, each in a style drawn at random and as strong as chance has it. ' +
        'Writes them into the same folders below the output folder, with a line for each in manifest.jsonl, and their paths to ' +
        'standard output. Run again, it goes on where it stopped.',
    )
    .argument('<folder>', 'the pictures')
    .optionsGroup('Copies:')
    .requiredOption('--styles <folder>', 'the pictures in whose styles to paint (required)')
    .requiredOption('-o, --output <folder>', 'where to write (required)')
    .option('--per-image <number>', 'copies of each picture (default: 1)', copies)
    .option(
      '--seed <number>',
      'another number draws other styles and strengths (default: 0)',
      parseSetting('seed'),
    )
    .option(
      '--strength <range>',
      `from 0, the content, to 1, nothing but style: one number, or two between which to draw (default: ${DEFAULT_STRENGTH.join('..')})`,
      strengthRange,
    )
    .option('--format <extension>', 'png, jpg, webp, avif or tif (default: png)')
    .option('--force', 'paint again what has been painted');
  command
    .optionsGroup('Size and time:')
    .option(
      `${settingOptions.size} <pixels>`,
      `longest side of the copies (default: ${usual.size})`,
      parseSetting('size'),
    )
    .option(
      `${settingOptions.scales} <list>`,
      `longest sides to paint at on the way (default: ${writeSetting(usual.scales)})`,
      parseSetting('scales'),
    )
    .option(
      `${settingOptions.steps} <list>`,
      `steps at each scale, or one number for all (default: ${writeSetting(usual.steps)})`,
      parseSetting('steps'),
    );
  addRunOptions(command).optionsGroup('Look and network, as velatura paint has them:');
  addSettings(command, SETTINGS);
  command
    .optionsGroup('What is shown:')
    .option('--quiet', 'nothing but the paths of the copies, and errors')
    .option('--json', 'events for programs on standard output, one JSON object a line')
    .option('--debug', 'show where in the program an error came from')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', examples)
    .action(run);
}

async function run(folder: string, options: AugmentCommandOptions): Promise<void> {
  const { styles, output, perImage, seed, strength, format, force, json } = options;
  const progress = seriesProgress(options);
  const failures: Failure[] = [];
  let [all, there, painted] = [0, 0, 0];
  let size: Size = { width: 0, height: 0 };
  await untilInterrupted(progress, async (signal) => {
    const happening = augment(folder, {
      // Of a copy, strength and seed are drawn.
      ...givenSettings({ ...options, strength: undefined, seed: undefined }),
      styles,
      output,
      ...(perImage !== undefined && { perImage }),
      ...(seed !== undefined && { seed }),
      ...(strength !== undefined && { strength }),
      ...(format !== undefined && { extension: `.${format.replace(/^\./, '')}` }),
      ...(force !== undefined && { force }),
      ...engineOptions(options, progress),
      signal,
    });
    for await (const found of happening) {
      switch (found.event) {
        case 'plan':
          [all, there] = [found.copies, found.there];
          progress.open(all, there);
          break;
        case 'start': {
          const { source, styles: drawn, result } = found.entry;
          size = found.painting.sizes.at(-1) as Size;
          progress.begin(
            { ...found.painting, content: source, style: drawn.map((style) => basename(style)) },
            join(output, result),
          );
          break;
        }
        case 'step':
          progress.step(found.step);
          break;
        case 'done':
          painted++;
          progress.end(ending(found.file, size));
          if (!json) process.stdout.write(`${found.file}\n`);
          break;
        case 'failed': {
          const failure = failureOf(found.source, found.error, found.copies);
          failures.push(failure);
          progress.failed(failure);
        }
      }
    }
  });
  const failed = failures.reduce((sum, { paintings }) => sum + paintings, 0);
  progress.finish({ painted, there, failures, left: all - there - painted - failed });
  reportFailures(failures);
}

function ending(file: string, { width, height }: Size): Ending {
  const seconds = performance.now() / 1000;
  return {
    file,
    width,
    height,
    seconds,
    peakMemory: process.resourceUsage().maxRSS * 1024,
    stopped: undefined,
  };
}

function copies(text: string): number {
  if (/^\d+$/.test(text) && Number(text) > 0) return Number(text);
  throw new UserError(`--per-image must be a whole number from 1, not "${text}".`);
}

/** `0.3..0.7`, or one number. */
function strengthRange(text: string): readonly [number, number] {
  const parse = parseSetting('strength');
  const [least = '', most = least, ...rest] = text.split('..');
  if (rest.length > 0)
    throw new UserError(`--strength must be a number or two, as in 0.3..0.7, not "${text}".`);
  return [parse(least), parse(most)];
}
