import { barProgress } from './bars.ts';
import { lineProgress, noProgress } from './lines.ts';
import type { Progress } from './progress.ts';
import { canRedraw } from './screen.ts';

/**
 * What tells a person on standard error how the work goes: bars on a terminal that can redraw them, lines elsewhere.
 * @param onStop what to say of Ctrl-C, where it does not keep what is there
 */
export function personalProgress(quiet = false, onStop?: string): Progress {
  if (quiet) return noProgress();
  const { stderr } = process;
  return canRedraw(stderr) ? barProgress(stderr, onStop) : lineProgress(stderr);
}
