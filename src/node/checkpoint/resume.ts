import { UserError } from '../../core/errors.ts';
import { paintPicture } from '../../core/paint/index.ts';
import type { Painting } from '../paint.ts';
import { scratchStore } from '../scratch.ts';
import { openWorkshop, type WorkshopOptions } from '../workshop.ts';
import { type Checkpoint, machine, markOf, PROGRAM } from './checkpoint.ts';

export interface ResumeOptions
  extends Pick<WorkshopOptions, 'engine' | 'threads' | 'signal' | 'onDownload' | 'onNote'> {
  /** The file with the network's weights, where they are not where they were. */
  readonly network?: string;
}

/**
 * Loads and checks what it takes to carry a painting on. Its steps begin after that of the checkpoint; with the same engine
 * and threads on the same machine the painting is what it would have been, bit for bit.
 * @throws UserError for what the caller can put right, as when the network's weights are others; the signal's reason
 */
export async function prepareResume(
  checkpoint: Checkpoint,
  { engine, threads, network: file, signal, onDownload, onNote }: ResumeOptions = {},
): Promise<Painting> {
  const { settings, network, content, styles, start, guide, memory, state } = checkpoint;
  const usedThreads = threads ?? checkpoint.engine.threads;
  const source = file ?? network.file ?? settings.network;
  const workshop = await openWorkshop({
    ...settings,
    network: source,
    engine: engine ?? checkpoint.engine.choice ?? 'cpu',
    ...(usedThreads !== undefined && { threads: usedThreads }),
    ...(signal && { signal }),
    ...(onDownload && { onDownload }),
    ...(onNote && { onNote }),
  });
  try {
    const prepared = workshop.prepare({
      content,
      styles,
      ...(start && { start }),
      ...(guide && { guide }),
      plan: memory,
    });
    if (markOf(prepared.work.network, prepared.settings).sha256 !== network.sha256) {
      throw new UserError(
        `The weights of ${source} are not those that the painting was begun with; bring those back, or name their file with --network.`,
      );
    }
    const change = whatChanged(checkpoint, workshop.engine.name);
    if (change) onNote?.(change);
    const { level, step, seconds } = state;
    const [scale, steps] = [settings.scales[level] as number, settings.steps[level] as number];
    return {
      ...prepared,
      from: { scale, step, steps, seconds },
      steps: (stop = signal) => paintPicture(prepared.work, workshop.engine, stop, state, scratchStore()),
      close: workshop.close,
    };
  } catch (error) {
    await workshop.close();
    throw error;
  }
}

/** A sentence, if the pixels may come out other than they would have. */
function whatChanged({ program, engine }: Checkpoint, present: string): string | undefined {
  const may = 'the pixels may differ slightly from those of a painting that was never stopped.';
  if (program !== PROGRAM) return `The painting was begun by ${program}, and this is ${PROGRAM}: ${may}`;
  if (engine.name !== present) return `The painting was begun with ${engine.name}, not ${present}: ${may}`;
  if (engine.machine !== machine()) return `The painting was begun on another machine: ${may}`;
  return undefined;
}
