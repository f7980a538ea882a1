import { type Command, Option } from 'commander';
import { UserError } from '../node/index.ts';
import type { Limits, ServeOptions, WorkOptions } from '../server/index.ts';
import { limitTable } from '../server/limits.ts';
import { defaultOutput } from './inputs.ts';
import { parseMemory, settingWords } from './paint-options.ts';
import { commandFor, explainCommandFor } from './show.ts';
import { printable } from './text.ts';

/*
 * The options that `serve`, `studio` and `worker` share.
 */

/** What a command that paints for others was told. */
export interface WorkCommandOptions extends Limits {
  readonly paintings: number;
  readonly threads?: number;
  readonly memory?: number;
  readonly previewEvery: number;
  readonly checkpointEvery: number;
  readonly lease: number;
}

/** What a command that listens was told. */
export interface ServeCommandOptions extends WorkCommandOptions {
  readonly host: string;
  readonly port: number;
  readonly data?: string;
}

const USUAL_PORT = 8420;
const LAST_PORT = 65_535;

/** An option with a number, which the environment can give as well. */
function numberOption(
  name: string,
  variable: string,
  placeholder: string,
  words: string,
  { usual, least, most, whole = true }: { usual?: number; least: number; most?: number; whole?: boolean },
): Option {
  const option = new Option(`--${name} <${placeholder}>`, words).env(variable).argParser((text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    const isWithin = Number.isFinite(value) && value >= least && value <= (most ?? value);
    if (isWithin && (!whole || Number.isInteger(value))) return value;
    const range = most === undefined ? `from ${least}` : `from ${least} to ${most}`;
    throw new UserError(`--${name} must be a ${whole ? 'whole ' : ''}number ${range}, not "${text}".`);
  });
  return usual === undefined ? option : option.default(usual);
}

export function addListenOptions(command: Command): Command {
  return command
    .option('--host <address>', 'where to listen; others than this machine need VELATURA_TOKEN', '127.0.0.1')
    .addOption(
      numberOption('port', 'VELATURA_PORT', 'number', 'port to listen on; 0 for any', {
        usual: USUAL_PORT,
        least: 0,
        most: LAST_PORT,
      }),
    )
    .addOption(
      new Option('--data <folder>', 'where paintings are kept, unless DATABASE_URL names a server').env(
        'VELATURA_DATA',
      ),
    );
}

/** @param fewest paintings at once */
export function addWorkOptions(command: Command, fewest: number): Command {
  const none = fewest === 0 ? '; 0 leaves them to workers' : '';
  command
    .addOption(
      numberOption('paintings', 'VELATURA_PAINTINGS', 'number', `paintings at once${none}`, {
        usual: 1,
        least: fewest,
      }),
    )
    .addOption(
      numberOption('threads', 'VELATURA_THREADS', 'number', 'threads for the arithmetic of one painting', {
        least: 1,
      }),
    )
    .addOption(
      new Option(
        '--memory <amount>',
        'memory of one painting, as 2GB: what is too large is cut into tiles (default: most of what is free)',
      )
        .env('VELATURA_MEMORY')
        .argParser(parseMemory),
    )
    .addOption(
      numberOption('preview-every', 'VELATURA_PREVIEW_EVERY', 'seconds', 'time between two previews', {
        usual: 1,
        least: 0,
        whole: false,
      }),
    )
    .addOption(
      numberOption(
        'checkpoint-every',
        'VELATURA_CHECKPOINT_EVERY',
        'seconds',
        'least time between two checkpoints',
        {
          usual: 20,
          least: 0,
          whole: false,
        },
      ),
    )
    .addOption(
      numberOption(
        'lease',
        'VELATURA_LEASE',
        'seconds',
        'silence after which others take the paintings of a worker',
        {
          usual: 20,
          least: 2,
        },
      ),
    );
  command.optionsGroup('Limits:');
  for (const [name, { usual, placeholder, words }] of Object.entries(limitTable)) {
    const dashed = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const variable = `VELATURA_${dashed.replaceAll('-', '_').toUpperCase()}`;
    command.addOption(numberOption(dashed, variable, placeholder, words, { usual, least: 1 }));
  }
  return command
    .optionsGroup('What is shown:')
    .option('--debug', 'show where in the program an error came from')
    .helpOption('-h, --help', 'show this help');
}

export function workOptions(options: WorkCommandOptions): WorkOptions {
  const names = Object.keys(limitTable) as (keyof Limits)[];
  return {
    databaseUrl: process.env.DATABASE_URL,
    atOnce: options.paintings,
    threads: options.threads,
    memory: options.memory,
    previewEvery: options.previewEvery,
    checkpointEvery: options.checkpointEvery,
    leaseSeconds: options.lease,
    limits: Object.fromEntries(names.map((name) => [name, options[name]])) as unknown as Limits,
    commandLine: ({ history, explain, ...painting }) => {
      const { content, style } = painting;
      const pictures = content === undefined ? style : [content, ...style];
      if (explain) return explainCommandFor(painting, defaultOutput(pictures), explain);
      const kept =
        history === undefined ? undefined : { folder: defaultOutput(pictures, '-history'), every: history };
      return commandFor(painting, defaultOutput(pictures), kept);
    },
    log: (line) => void process.stderr.write(`${new Date().toISOString()} ${printable(line)}\n`),
  };
}

export function serveOptions(options: ServeCommandOptions): ServeOptions {
  return {
    ...workOptions(options),
    host: options.host,
    port: options.port,
    folder: options.data,
    token: process.env.VELATURA_TOKEN,
    controlWords: settingWords,
  };
}
