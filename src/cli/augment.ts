import { basename, join } from 'node:path';
import type { Command } from 'commander';
import {
  AUGMENT_DEFAULTS,
  augment,
  checkEngineChoice,
  DEFAULT_STRENGTH,
  type EngineChoice,
  type Settings,
  type Size,
  UserError,
} from '../node/index.ts';
import { givenSettings } from './chosen.ts';
import { INTERRUPTED_CODE, Interrupted, listenForInterrupt } from './interrupt.ts';
import { threads } from './paint-options.ts';
import type { Ending } from './progress/progress.ts';
import { engineOptions } from './run-options.ts';
import { failureOf, reportFailures } from './series/failures.ts';
import { seriesProgress } from './series/index.ts';
import type { Failure } from './series/progress.ts';
import { parseSetting, type SettingWithOption, settingOptions, writeSetting } from './settings.ts';

/** What `velatura augment` was told. */
interface AugmentCommandOptions
  extends Partial<Omit<Pick<Settings, SettingWithOption>, 'strength' | 'seed'>> {
  readonly styles: string;
  readonly output: string;
  readonly perImage?: number;
  readonly seed?: number;
  readonly strength?: readonly [number, number];
  readonly format?: string;
  readonly force?: boolean;
  readonly threads?: number;
  readonly engine?: EngineChoice;
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
  const command = program
    .command('augment')
    .summary('paint stylised copies of a training set')
    .description(
      'Paints copies of every picture in a folder and the folders in it, each in a style drawn at random and as strong\n' +
        'as chance has it. Writes them into the same folders below the output folder, with a line for each in\n' +
        'manifest.jsonl, and their paths to standard output. Run again, it goes on where it stopped.',
    )
    .argument('<folder>', 'the pictures')
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
  for (const [name, placeholder, description] of settings) {
    const usual = name in AUGMENT_DEFAULTS && AUGMENT_DEFAULTS[name as keyof typeof AUGMENT_DEFAULTS];
    command.option(
      `${settingOptions[name]} <${placeholder}>`,
      usual ? `${description} (default: ${writeSetting(usual)})` : description,
      parseSetting(name),
    );
  }
  command
    .option('--threads <number>', 'threads for the arithmetic (default: one a processor core)', threads)
    .option('--engine <name>', 'cpu, webgpu or auto (default: cpu)', checkEngineChoice)
    .option('--quiet', 'nothing but the paths of the copies, and errors')
    .option('--json', 'events for programs on standard output, one JSON object a line')
    .option('--debug', 'show where in the program an error came from')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', examples)
    .action(run);
}

/** Settings that copies have as any painting; `velatura paint --help` says more of them. */
const settings: readonly [SettingWithOption, placeholder: string, description: string][] = [
  ['size', 'pixels', 'longest side of the copies'],
  ['scales', 'list', 'longest sides to paint at on the way, from coarse to fine'],
  ['steps', 'list', 'steps at each scale, or one number for all'],
  ['preset', 'name', 'default or classic'],
  ['network', 'name', 'resnet50, vgg19, vgg16, or a weight file'],
  ['init', 'name', 'what to start from: content, style or noise'],
  ['color', 'name', 'style, content or match'],
  ['styleScale', 'number', 'size of the style pictures against the copies'],
  ['contentWeight', 'number', 'how much the content counts'],
  ['styleWeight', 'number', 'how much the style counts'],
  ['tvWeight', 'number', 'how much smoothness counts'],
  ['projection', 'share', 'compare styles in this share of the channels'],
  ['optimizer', 'name', 'lbfgs or adam'],
];

async function run(folder: string, options: AugmentCommandOptions): Promise<void> {
  const { styles, output, perImage, seed, strength, format, force, json } = options;
  const progress = seriesProgress(options);
  const interrupt = listenForInterrupt(() => progress.stopping());
  const failures: Failure[] = [];
  let [all, there, painted] = [0, 0, 0];
  let size: Size = { width: 0, height: 0 };
  try {
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
      signal: interrupt.signal,
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
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    process.exitCode = INTERRUPTED_CODE;
  } finally {
    interrupt.release();
    progress.close();
  }
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
