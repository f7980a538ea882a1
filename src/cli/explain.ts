import { basename } from 'node:path';
import type { Command } from 'commander';
import { checkReport, explain, localPath, type Settings, writeReport } from '../node/index.ts';
import { chosenSettings, chosenStyles } from './chosen.ts';
import { addExplainOptions, type ExplainCommandOptions } from './explain-options.ts';
import { checkNoInput, defaultOutput } from './inputs.ts';
import { INTERRUPTED_CODE, Interrupted, listenForInterrupt } from './interrupt.ts';
import { personalProgress } from './progress/index.ts';
import type { Progress } from './progress/progress.ts';
import { duration } from './text.ts';

/** `velatura explain`: a page that shows what the network sees. */
export function addExplain(program: Command): void {
  const command = program
    .command('explain')
    .summary('show what the network sees, as a page')
    .description(
      'Paints a small painting, and shows on one HTML page what the network sees on the way.\nWrites the page, and its path to standard output.',
    )
    .argument('<content>', 'the picture to repaint: JPEG, PNG, WebP, AVIF, TIFF, GIF or SVG');
  addExplainOptions(command).action(run);
}

/** What there is to do, all checked that can be before any work. */
interface Job {
  readonly content: string;
  readonly styles: readonly string[];
  readonly output: string;
  readonly settings: Partial<Settings>;
}

async function run(content: string, options: ExplainCommandOptions): Promise<void> {
  const job = await plan(content, options);
  const progress = personalProgress(options.quiet, 'Ctrl-C stops and writes nothing');
  const interrupt = listenForInterrupt(() => progress.stopping());
  try {
    await explainJob(job, options, progress, interrupt.signal);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    progress.close();
    if (!options.quiet) process.stderr.write('Stopped; nothing was written.\n');
    process.exitCode = INTERRUPTED_CODE;
  } finally {
    interrupt.release();
    progress.close();
  }
}

async function plan(content: string, options: ExplainCommandOptions): Promise<Job> {
  const styles = chosenStyles(options);
  const file = localPath(content);
  const output = options.output ?? defaultOutput(file, styles, '.html');
  const settings = await chosenSettings(options);
  const { init, network } = settings;
  const inputs = [file, ...styles, init, network, options.like].filter((path) => path !== undefined);
  await checkNoInput(output, inputs);
  await checkReport(output);
  return { content: file, styles, output, settings };
}

async function explainJob(
  { content, styles, output, settings }: Job,
  { threads, engine, taps, maps, channels, reconstructionSize, reconstructionSteps }: ExplainCommandOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  let painting = true;
  const explanation = await explain(content, {
    ...settings,
    style: styles,
    ...(threads !== undefined && { threads }),
    ...(engine !== undefined && { engine }),
    ...{ taps, maps, channels, reconstructionSize, reconstructionSteps },
    signal,
    onDownload: progress.download,
    onNote: progress.note,
    onBegin: (beginning) =>
      progress.begin({
        ...beginning,
        content: basename(content),
        style: styles.map((style) => basename(style)),
      }),
    onStep: progress.step,
    onPart(words) {
      // The bars of the painting stay, and each part has a line beneath them.
      if (painting) progress.close();
      painting = false;
      progress.note(words);
    },
  });
  await writeReport(output, explanation);
  progress.note(`Explained in ${duration(performance.now() / 1000)}.`);
  process.stdout.write(`${output}\n`);
}
