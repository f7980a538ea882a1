import { createRequire } from 'node:module';
import { inspect } from 'node:util';
import { Command, CommanderError } from 'commander';
import { EngineError, UserError } from '../node/index.ts';
import { addAugment } from './augment.ts';
import { USER_ERROR_CODE } from './errors.ts';
import { addExplain } from './explain.ts';
import { addModels } from './models.ts';
import { addPaint } from './paint.ts';
import { addResume } from './resume.ts';
import { addServe } from './serve.ts';
import { addShow } from './show.ts';
import { surviveStreams } from './streams.ts';
import { addStudio } from './studio.ts';
import { printable } from './text.ts';
import { addTexture } from './texture.ts';
import { addWorker } from './worker.ts';

/**
 * Runs the command. Sets the exit code: 0 when all went well, 2 for what the person can put right, 130 when stopped, 1 for
 * everything else.
 * @param words the command line after the program's name
 */
export async function main(words: readonly string[]): Promise<void> {
  surviveStreams();
  try {
    await createProgram().parseAsync(words, { from: 'user' });
  } catch (error) {
    process.exitCode = report(error, words.includes('--debug'));
  }
}

/** @throws UserError when the folder that the program runs in has been removed: no path leads on from it, and no thread starts. */
function checkFolder(): void {
  try {
    process.cwd();
  } catch (cause) {
    throw new UserError('The folder that this runs in has been removed; go to another, and begin there.', {
      cause,
    });
  }
}

function createProgram(): Command {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
  const program = new Command('velatura')
    .description('Repaints pictures in the style of others (neural style transfer).')
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help; after a command, the help for it')
    .helpCommand(false)
    .exitOverride()
    .hook('preAction', checkFolder)
    .configureOutput({
      outputError: (text, write) => write(`${sentence(text)}\n`),
      getOutHelpWidth: () => Math.min(process.stdout.columns || 80, 110),
      getErrHelpWidth: () => Math.min(process.stderr.columns || 80, 110),
    });
  addPaint(program);
  addTexture(program);
  addResume(program);
  addAugment(program);
  addShow(program);
  addExplain(program);
  addModels(program);
  addStudio(program);
  addServe(program);
  addWorker(program);
  return program;
}

/** Commander's message, `error: unknown option '--sise'\n(Did you mean --size?)`, as a sentence. */
function sentence(text: string): string {
  const plain = text
    .trim()
    .replace(/^error: /, '')
    .replaceAll('\n', ' ');
  // Where a style was named, that is where the content went.
  if (/required argument 'content'$/.test(plain))
    return `${capital(plain)}; name it before --style, which takes all that follows.`;
  const ending = /[.?)]$/.test(plain) ? '' : '.';
  return capital(plain) + ending;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Tells the person what is wrong, and returns the exit code. */
function report(error: unknown, debug: boolean): number {
  // Commander has said its sentence already, or shown the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USER_ERROR_CODE;
  const expected = error instanceof UserError || error instanceof EngineError;
  const message = error instanceof Error ? error.message : String(error);
  const line = printable(message.split('\n')[0] ?? '');
  if (debug) process.stderr.write(`${inspect(error)}\n`);
  else if (expected) process.stderr.write(`${line}\n`);
  else process.stderr.write(`Something went wrong that should not: ${line} (--debug shows where.)\n`);
  return error instanceof UserError ? USER_ERROR_CODE : 1;
}
