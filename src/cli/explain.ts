import { basename } from 'node:path';
import type { Command } from 'commander';
import { checkReport, explain, localPath, type Settings, writeReport } from '../node/index.ts';
import { chosenSettings, chosenStyles } from './chosen.ts';
import { addExplainOptions, type ExplainCommandOptions } from './explain-options.ts';
import { checkNoInput, defaultOutput } from './inputs.ts';
import { personalProgress } from './progress/index.ts';
import type { Progress } from './progress/progress.ts';
import { engineOptions } from './run-options.ts';
import { duration } from './text.ts';
import { untilInterrupted } from './watched.ts';

/** `velatura explain`: a page that shows what the network sees. */
export function addExplain(program: Command): void {
  const command = program
    .command('explain')
    .summary('show what the network sees, as a page')
    .description(
      'Paints a small painting, and shows on one HTML page what the network sees on the way. Writes the page, and its path to standard output.',
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
  await untilInterrupted(
    progress,
    (signal) => explainJob(job, options, progress, signal),
    () => {
      if (!options.quiet) process.stderr.write('Stopped; nothing was written.\n');
    },
  );
}

async function plan(content: string, options: ExplainCommandOptions): Promise<Job> {
  const styles = chosenStyles(options);
  const file = localPath(content);
  const output = options.output ?? defaultOutput([file, ...styles], '.html');
  const settings = await chosenSettings(options);
  const { init, network } = settings;
  const inputs = [file, ...styles, init, network, options.like].filter((path) => path !== undefined);
  await checkNoInput(output, inputs);
  await checkReport(output);
  return { content: file, styles, output, settings };
}

async function explainJob(
  { content, styles, output, settings }: Job,
  options: ExplainCommandOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { taps, maps, channels, reconstructionSize, reconstructionSteps } = options;
  let painting = true;
  const explanation = await explain(content, {
    ...settings,
    style: styles,
    ...engineOptions(options, progress),
    ...{ taps, maps, channels, reconstructionSize, reconstructionSteps },
    signal,
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
