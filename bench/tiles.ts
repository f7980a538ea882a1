import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { KEEPS_FREED_MEMORY } from 'velatura';
import { tsx } from './peer.ts';
import type { TileStep } from './tile-step.ts';

/** Sizes and budgets: up to 16 megapixels within what such a machine has free; then the same size, and the largest, with less. */
export const CASES: readonly (readonly [width: number, height: number, gigabytes: number])[] = [
  [576, 432, 16],
  [1152, 864, 16],
  [2304, 1728, 16],
  [3264, 2448, 16],
  [4608, 3456, 16],
  [1152, 864, 2.4],
  [1152, 864, 2],
  [1152, 864, 1.5],
  [2304, 1728, 4],
  [4608, 3456, 4],
];

/** A step of the default recipe at each size within each budget, each in a process of its own. */
export async function measureTiles(
  cases: typeof CASES,
  report: (result: TileStep) => void,
): Promise<TileStep[]> {
  // As the command does.
  const env = { ...process.env, ...KEEPS_FREED_MEMORY };
  const results: TileStep[] = [];
  for (const [width, height, gigabytes] of cases) {
    const [program, ...args] = tsx('tile-step.ts') as [string, ...string[]];
    const words = [...args, ...[width, height, gigabytes].map(String)];
    const { stdout } = await promisify(execFile)(program, words, { env });
    const result = JSON.parse(stdout) as TileStep;
    results.push(result);
    report(result);
  }
  return results;
}
