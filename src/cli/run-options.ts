import type { WorkshopOptions } from '../node/index.ts';
import type { RunOptionValues } from './paint-options.ts';
import type { Progress } from './progress/progress.ts';

/** How to run, as the library has it: on what, and whom to tell. */
export function engineOptions(
  { threads, engine, memory }: RunOptionValues,
  progress: Pick<Progress, 'download' | 'note'>,
): WorkshopOptions {
  return {
    ...(threads !== undefined && { threads }),
    ...(engine !== undefined && { engine }),
    ...(memory !== undefined && { memory }),
    onDownload: progress.download,
    onNote: progress.note,
  };
}
