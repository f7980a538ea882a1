import { basename } from 'node:path';
import {
  checkFits,
  checkOutput,
  formatOf,
  type PreparedPainting,
  prepareSeries,
  type Settings,
  type Size,
  UserError,
} from '../../node/index.ts';
import { chosenSettings, chosenStyles } from '../chosen.ts';
import { paintTo } from '../finish.ts';
import { checkApart, checkNoInputs } from '../inputs.ts';
import { INTERRUPTED_CODE, Interrupted } from '../interrupt.ts';
import type { PaintCommandOptions } from '../paint-options.ts';
import { leftOut, previewTo } from '../preview.ts';
import type { Ending } from '../progress/progress.ts';
import { engineOptions } from '../run-options.ts';
import { untilInterrupted } from '../watched.ts';
import { failureOf, reportFailures } from './failures.ts';
import { seriesProgress } from './index.ts';
import { isDone, makeSeriesFolder, planSeries, type SeriesPlan, type Task } from './plan.ts';
import type { Failure, SeriesProgress } from './progress.ts';

/**
 * `velatura paint` with several contents: paints them into a folder. Goes on past what cannot be painted, and says at the
 * end what that was.
 */
export async function paintMany(contents: readonly string[], options: PaintCommandOptions): Promise<void> {
  if (options.history !== undefined) {
    throw new UserError('--history keeps pictures of one painting, not of a series; name one content.');
  }
  if (options.contentRegions !== undefined || options.styleRegions !== undefined) {
    throw new UserError('Regions belong to one content, not to a series; name one content.');
  }
  if (options.checkpoint || options.checkpointEvery !== undefined) {
    throw new UserError('Checkpoints are kept of one painting, not of a series; name one content.');
  }
  const styles = chosenStyles(options);
  const settings = await chosenSettings(options);
  const folder = options.output ?? '.';
  const plan = await planSeries(contents, styles, folder);
  const { tasks } = plan;
  const { init, network } = settings;
  const inputs = [...tasks.map(({ content }) => content), ...styles, init, network, options.like].filter(
    (path) => path !== undefined,
  );
  const withdraw = await makeSeriesFolder(folder);
  try {
    const todo: Task[] = [];
    for (const task of tasks) if (options.force || !(await isDone(task.output))) todo.push(task);
    await checkOutputs(
      todo.map(({ output }) => output),
      inputs,
      options.preview,
    );
    await paintTasks(plan, todo, styles, settings, options);
  } finally {
    await withdraw();
  }
}

/** @param todo tasks of the series whose paintings are not there yet */
async function paintTasks(
  { tasks: { length: all }, unreadable }: SeriesPlan,
  todo: readonly Task[],
  styles: readonly string[],
  settings: Partial<Settings>,
  options: PaintCommandOptions,
): Promise<void> {
  const there = all - todo.length;
  const progress = seriesProgress(options);
  const failures: Failure[] = [];
  const fail = (failure: Failure) => {
    failures.push(failure);
    progress.failed(failure);
  };
  let painted = 0;
  await untilInterrupted(progress, async (signal) => {
    progress.open(all, there);
    for (const { path, error } of unreadable) fail(failureOf(path, error, 0));
    const series = prepareSeries(
      todo.map(({ content }) => content),
      { ...settings, style: styles, ...engineOptions(options, progress), signal },
    );
    // Where nothing is to be done nothing needs to be loaded.
    if (todo.length > 0) {
      for await (const { index, content, painting, error } of series) {
        const { output } = todo[index] as Task;
        try {
          if (error) throw error;
          const names = { content: basename(content), style: styles.map((style) => basename(style)) };
          const { stopped } = await paintOne(painting, output, names, options, progress, signal);
          if (!stopped) painted++;
        } catch (thrown) {
          if (thrown instanceof Interrupted || !(thrown instanceof Error)) throw thrown;
          fail(failureOf(content, thrown));
        }
        if (signal.aborted) break;
      }
    }
    if (signal.aborted) process.exitCode = INTERRUPTED_CODE;
  });
  const failed = failures.reduce((sum, { paintings }) => sum + paintings, 0);
  progress.finish({ painted, there, failures, left: todo.length - painted - failed });
  reportFailures(failures);
}

async function paintOne(
  painting: PreparedPainting,
  output: string,
  names: { content: string; style: string[] },
  { preview: previewFile, json }: PaintCommandOptions,
  progress: SeriesProgress,
  signal: AbortSignal,
): Promise<Ending> {
  for (const file of [output, previewFile]) {
    if (file !== undefined) checkFits(painting.sizes.at(-1) as Size, formatOf(file));
  }
  progress.begin({ ...painting, ...names }, output);
  const watchers = previewFile === undefined ? [] : [previewTo(previewFile, leftOut('preview', progress))];
  return await paintTo(output, painting, names, progress, { signal, json, watchers });
}

/** @throws UserError when a file to be written cannot be, or is one of those that are read */
async function checkOutputs(
  outputs: readonly string[],
  inputs: readonly string[],
  preview: string | undefined,
): Promise<void> {
  const files = [...outputs, ...(preview === undefined ? [] : [preview])];
  await checkNoInputs(files, inputs);
  for (const file of files) await checkOutput(file);
  if (preview !== undefined) await checkApart('The preview and a painting', preview, outputs);
}
