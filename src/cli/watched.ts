import { INTERRUPTED_CODE, Interrupted, listenForInterrupt } from './interrupt.ts';
import { personalProgress } from './progress/index.ts';
import { jsonProgress } from './progress/json.ts';
import type { Progress } from './progress/progress.ts';

/** Runs the work of a command under the eyes of whoever started it: shows how it goes, and lets Ctrl-C stop it. */
export async function watched(
  { quiet, json }: { readonly quiet?: boolean; readonly json?: boolean },
  work: (progress: Progress, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const shown = personalProgress(quiet);
  const progress = json ? jsonProgress(process.stdout, shown) : shown;
  const interrupt = listenForInterrupt(() => progress.stopping());
  try {
    await work(progress, interrupt.signal);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    progress.close();
    if (!quiet) process.stderr.write('Stopped before anything was painted; nothing was written.\n');
    process.exitCode = INTERRUPTED_CODE;
  } finally {
    interrupt.release();
    progress.close();
  }
}
