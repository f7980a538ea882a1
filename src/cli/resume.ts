import { resolve } from 'node:path';
import type { Command } from 'commander';
import {
  type Checkpoint,
  checkFits,
  checkOutput,
  formatOf,
  type PaintingRecord,
  prepareResume,
  readCheckpoint,
  removeLeftovers,
  resample,
  rescuePainting,
  type Size,
  UserError,
  writePicture,
} from '../node/index.ts';
import { addCheckpointEvery, type CheckpointOptionValues, checkpointsTo } from './checkpoints.ts';
import { paintTo } from './finish.ts';
import { checkApart, checkNoInput } from './inputs.ts';
import { INTERRUPTED_CODE } from './interrupt.ts';
import { type CheckpointNotes, fromHere, notesSchema } from './notes.ts';
import { addEngineOptions, type EngineOptionValues } from './paint-options.ts';
import { leftOut, previewTo } from './preview.ts';
import type { Progress } from './progress/progress.ts';
import { engineOptions } from './run-options.ts';
import { watched } from './watched.ts';

interface ResumeCommandOptions extends EngineOptionValues, Pick<CheckpointOptionValues, 'checkpointEvery'> {
  readonly output?: string;
  readonly preview?: string;
  readonly network?: string;
  readonly savePicture?: string;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** `velatura resume`: carries on a painting that was stopped. */
export function addResume(program: Command): void {
  const command = program
    .command('resume')
    .summary('carry on a painting that was stopped')
    .description(
      'Carries on a painting or texture from its checkpoint, to the pixels that it would have had. Writes it, and its path to standard output. The checkpoint is removed when that is done.',
    )
    .argument('<checkpoint>', 'the file that was kept when the painting was stopped, as town.png.checkpoint')
    .option('-o, --output <file>', 'what to write (default: what was to be written)')
    .option(
      '--save-picture <file>',
      'only write the picture as it stood, also where the checkpoint is damaged',
    )
    .option('--preview <file>', 'show the painting in this file as it grows')
    .option('--network <file>', "where the network's weights are, if they were moved");
  addEngineOptions(addCheckpointEvery(command))
    .optionsGroup('What is shown:')
    .option('--quiet', 'nothing but the path of the painting, and errors')
    .option('--json', 'events for programs on standard output, one JSON object a line')
    .option('--debug', 'show where in the program an error came from')
    .helpOption('-h, --help', 'show this help')
    .action(run);
}

async function run(file: string, options: ResumeCommandOptions): Promise<void> {
  if (options.savePicture !== undefined) {
    await savePicture(file, options.savePicture);
    return;
  }
  const checkpoint = await readCheckpoint(file);
  const notes = notesSchema.safeParse(checkpoint.notes).data;
  const output = options.output ?? (notes && fromHere(notes.output));
  if (output === undefined) {
    throw new UserError(`${file} does not say what was to be written; name it with --output.`);
  }
  const preview = options.preview ?? (notes?.preview && fromHere(notes.preview));
  await checkFiles(file, output, preview, options.network);
  await removeLeftovers(file);
  const found: CheckpointNotes = {
    style: [],
    ...notes,
    output: resolve(output),
    preview: preview && resolve(preview),
  };
  await watched(
    options,
    (progress, signal) =>
      carryOn({ file, checkpoint, output, preview, notes: found }, options, progress, signal),
    `Stopped before anything more was painted; ${file} is as it was.`,
  );
}

interface Job {
  readonly file: string;
  readonly checkpoint: Checkpoint;
  readonly output: string;
  readonly preview: string | undefined;
  readonly notes: CheckpointNotes;
}

async function carryOn(
  { file, checkpoint, output, preview, notes }: Job,
  options: ResumeCommandOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { network, threads = checkpoint.engine.threads, engine = checkpoint.engine.choice, json } = options;
  const painting = await prepareResume(checkpoint, {
    ...engineOptions(options, progress),
    ...(network !== undefined && { network }),
    signal,
  });
  try {
    for (const path of [output, preview]) {
      if (path !== undefined) checkFits(painting.sizes.at(-1) as Size, formatOf(path));
    }
    const { content, style, regions, texture } = notes;
    progress.begin({ ...painting, content: content ?? (texture ? 'a texture' : 'a picture'), style });
    const plan = { file, every: options.checkpointEvery, always: true, begun: true };
    const ending = await paintTo(output, painting, { content, style, regions, texture }, progress, {
      signal,
      json,
      watchers: preview === undefined ? [] : [previewTo(preview, leftOut('preview', progress))],
      checkpoints: checkpointsTo(plan, painting, { choice: engine, threads }, notes, {
        signal,
        note: progress.note,
      }),
    });
    if (ending.stopped) process.exitCode = INTERRUPTED_CODE;
  } finally {
    await painting.close();
  }
}

/** @throws UserError when a file to be written cannot be, or is one of those that are read */
async function checkFiles(
  file: string,
  output: string,
  preview: string | undefined,
  network: string | undefined,
): Promise<void> {
  for (const path of [output, preview]) {
    if (path === undefined) continue;
    await checkNoInput(path, [file, ...(network === undefined ? [] : [network])]);
    await checkOutput(path);
  }
  if (preview !== undefined) await checkApart('The preview and the painting', preview, [output]);
}

/** Writes the painting as it stood, with what is known of it. */
async function savePicture(file: string, output: string): Promise<void> {
  const { painting, facts } = await rescuePainting(file);
  await checkNoInput(output, [file]);
  await checkOutput(output);
  if (!facts) {
    await writePicture(output, painting);
  } else {
    const { settings, state, size } = facts;
    checkFits(size, formatOf(output));
    const notes = notesSchema.safeParse(facts.notes).data;
    const names: Pick<PaintingRecord, 'content' | 'style' | 'regions' | 'texture'> = {
      content: notes?.content,
      style: notes?.style,
      regions: notes?.regions,
      texture: notes?.texture,
    };
    const [scale = 0, steps = 0] = [settings.scales[state.level], settings.steps[state.level]];
    const stopped = { scale, step: state.step, steps };
    await writePicture(output, resample(painting, size.width, size.height), { settings, ...names, stopped });
  }
  process.stdout.write(`${output}\n`);
}
