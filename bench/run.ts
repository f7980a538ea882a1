import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { architectures } from 'velatura';

/* `npm run bench [sizes]`: the milliseconds of one step for each network at 256 and 512 pixels, and peak memory. */

interface Result {
  readonly network: string;
  readonly width: number;
  readonly height: number;
  readonly median: number;
  readonly fastest: number;
  readonly runs: number;
  readonly peakMemory: number;
  readonly engine: string;
}

const sizes = process.argv.length > 2 ? process.argv.slice(2) : ['256', '512'];
const step = fileURLToPath(new URL('./step.ts', import.meta.url));
const say = (...cells: (string | number)[]) =>
  process.stdout.write(
    `${cells.map((cell, i) => (i === 0 ? String(cell).padEnd(10) : String(cell).padStart(12))).join('')}\n`,
  );

say('network', 'size', 'median ms', 'fastest ms', 'peak MB');
let engine = '';
for (const { name } of architectures) {
  for (const size of sizes) {
    const child = spawnSync(process.execPath, ['--import', 'tsx', step, name, size], { encoding: 'utf8' });
    if (child.status !== 0) {
      process.stderr.write(child.stderr);
      process.exit(1);
    }
    const result = JSON.parse(child.stdout) as Result;
    engine = result.engine;
    const megabytes = (result.peakMemory / 1e6).toFixed(0);
    say(
      name,
      `${result.width}x${result.height}`,
      result.median.toFixed(0),
      result.fastest.toFixed(0),
      megabytes,
    );
  }
}
process.stdout.write(
  `\n${engine}; ${cpus()[0]?.model.trim()}, ${cpus().length} processors; Node ${process.versions.node}\n`,
);
