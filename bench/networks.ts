import { spawnSync } from 'node:child_process';
import { architectures } from 'velatura';
import { tsx } from './peer.ts';
import { table } from './table.ts';

/** What `step.ts` prints. */
interface NetworkResult {
  readonly network: string;
  readonly width: number;
  readonly height: number;
  readonly median: number;
  readonly fastest: number;
  readonly runs: number;
  readonly peakMemory: number;
  readonly engine: string;
}

/** The milliseconds of one step of each network's default recipe, and peak memory; prints as it goes. */
export function measureNetworks(sizes: readonly number[]): NetworkResult[] {
  const results: NetworkResult[] = [];
  const say = table([10, -12, -12, -12, -12]);
  say('network', 'size', 'median ms', 'fastest ms', 'peak MB');
  for (const { name } of architectures) {
    for (const size of sizes) {
      const [program, ...args] = tsx('step.ts');
      const child = spawnSync(program as string, [...args, name, String(size)], { encoding: 'utf8' });
      if (child.status !== 0) throw new Error(child.stderr);
      const result = JSON.parse(child.stdout) as NetworkResult;
      results.push(result);
      const { width, height, median, fastest, peakMemory } = result;
      say(name, `${width}x${height}`, median.toFixed(0), fastest.toFixed(0), (peakMemory / 1e6).toFixed(0));
    }
  }
  return results;
}
