import { INTERRUPTED_CODE, Interrupted, listenForInterrupt } from './interrupt.ts';
import { personalProgress } from './progress/index.ts';
import { jsonProgress } from './progress/json.ts';
import type { Progress } from './progress/progress.ts';

/**
 * Runs the work of a command until it is done, or until Ctrl-C stops it, which sets the exit code.
 * @param onStop called when the work was stopped before it had anything to show
 */
export async function untilInterrupted(
  progress: Pick<Progress, 'stopping' | 'close'>,
  work: (signal: AbortSignal) => Promise<void>,
  onStop: () => void = () => {},
): Promise<void> {
  const interrupt = listenForInterrupt(() => progress.stopping());
  try {
    await work(interrupt.signal);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    progress.close();
    onStop();
    process.exitCode = INTERRUPTED_CODE;
  } finally {
    interrupt.release();
    progress.close();
  }
}

/**
 * The same for a painting under the eyes of whoever asked for it.
 * @param stopped what to say when it was stopped before it had anything to show
 */
export async function watched(
  { quiet, json }: { readonly quiet?: boolean; readonly json?: boolean },
  work: (progress: Progress, signal: AbortSignal) => Promise<void>,
  stopped = 'Stopped before anything was painted; nothing was written.',
): Promise<void> {
  const shown = personalProgress(quiet);
  const progress = json ? jsonProgress(process.stdout, shown) : shown;
  await untilInterrupted(
    progress,
    (signal) => work(progress, signal),
    () => {
      if (!quiet) process.stderr.write(`${stopped}\n`);
    },
  );
}
