import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fastest as fastestOf, figuresOf, verdict } from './figures.ts';
import { measureNetworks } from './networks.ts';
import { measurePaintings, type PaintingResult } from './paintings.ts';
import { findPeers, here, tsx } from './peer.ts';
import { LONGEST, measurePixels, type SizeResult } from './pixels.ts';
import { measureSteps, type StepResult } from './steps.ts';
import { table } from './table.ts';
import type { TileStep } from './tile-step.ts';
import { CASES, measureTiles } from './tiles.ts';

// As engines of Velatura do, for what runs ONNX Runtime without one.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

const usage = `npm run bench -- [parts or sizes] [--quick] [--runs <n>] [--paintings <n>]

Parts, all by default:
  networks  milliseconds and memory of a step of each network; numbers instead name its sizes (256 512)
  step      a step in Velatura and in each peer, side by side
  paint     a whole painting in Velatura and in PyTorch
  pixels    time and memory of a step as the picture grows
  tiles     the same within budgets of memory, up to 16 megapixels (minutes)

  --quick          small pictures and few runs, to see that it works
  --runs <n>       steps of each, 7 or more for numbers to be quoted (default: 9)
  --paintings <n>  paintings of each (default: 3)
  --compile        times torch.compile as well, which wants a C++ compiler

VELATURA_PYTHON names the Python that has PyTorch (default: python3).
`;
const PARTS = ['networks', 'step', 'paint', 'pixels', 'tiles'];

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    runs: { type: 'string' },
    paintings: { type: 'string' },
    compile: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const sizes = positionals.map(Number).filter(Number.isInteger);
const named = positionals.filter((part) => !Number.isInteger(Number(part)));
if (flags.help || named.some((part) => !PARTS.includes(part))) {
  process.stdout.write(usage);
  process.exit(flags.help ? 0 : 1);
}
const parts = named.length > 0 ? named : sizes.length > 0 ? ['networks'] : PARTS;
const { quick } = flags;
const runs = Number(flags.runs ?? (quick ? 3 : 9));

const print = (text: string) => process.stdout.write(`${text}\n`);
const folder = mkdtempSync(join(tmpdir(), 'velatura-bench-'));
try {
  await bench();
} finally {
  rmSync(folder, { recursive: true });
}

async function bench(): Promise<void> {
  const machine = `${cpus()[0]?.model.trim()}, ${availableParallelism()} processors, ${(totalmem() / 1e9).toFixed(0)} GB; Node ${process.versions.node}`;
  print(`${machine}\n`);
  const networks = parts.includes('networks')
    ? measureNetworks(sizes.length > 0 ? sizes : quick ? [256] : [256, 512])
    : undefined;
  if (parts.length === 1 && networks) return;

  const peers = findPeers(flags.compile);
  for (const note of peers.notes) print(`\n${note}`);
  const steps = parts.includes('step') ? await stepPart(peers) : [];
  const painting = parts.includes('paint') ? await paintPart(peers.torch, steps) : undefined;
  const pixels = parts.includes('pixels') ? await pixelsPart() : undefined;
  const tiles = parts.includes('tiles') ? await tilesPart() : undefined;

  const figures = figuresOf(steps, painting).map((figure) => ({ ...figure, verdict: verdict(figure) }));
  const say = table([56, -9, -7, -7, -8]);
  print('');
  if (figures.length > 0) say('figure', 'now', 'must', 'aim', 'reached');
  for (const { figure, value, must, aim, verdict } of figures) {
    say(figure, value.toPrecision(3), String(must ?? ''), String(aim ?? ''), verdict);
  }

  const date = new Date().toISOString();
  mkdirSync(here('results'), { recursive: true });
  const file = here(`results/${date.slice(0, 16).replace(':', '-')}.json`);
  const results = {
    date,
    machine,
    notes: peers.notes,
    quick,
    figures,
    networks,
    steps,
    painting,
    pixels,
    tiles,
  };
  writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);
  print(`\n${file}`);
  if (peers.packages) plot(file);
}

async function stepPart(peers: ReturnType<typeof findPeers>): Promise<StepResult[]> {
  const options = quick
    ? { runs, slowRuns: 1, size: 256, slowSize: 96 }
    : { runs, slowRuns: runs, size: 512, slowSize: 224 };
  const say = table([26, -11, -11, -9, 2, 0]);
  return await measureSteps(folder, peers, options, ({ network, width, height, measured }) => {
    print('');
    say(`${network} ${width}x${height}`, 'median ms', 'by ours', 'peak MB');
    for (const { name, median, peakMemory, engine } of measured) {
      const ratio = (median / (measured[0]?.median ?? 1)).toFixed(2);
      say(name, median.toFixed(0), ratio, (peakMemory / 1e6).toFixed(0), '', engine);
    }
  });
}

async function paintPart(torch: boolean, steps: readonly StepResult[]): Promise<PaintingResult> {
  print('\nwhole paintings');
  const measured = steps.find(({ network }) => network === 'resnet50')?.measured ?? [];
  const quicker = fastestOf(measured, 'PyTorch')?.name ?? '';
  const layout = quicker.includes('channels last') ? 'channels_last' : 'contiguous_format';
  const paintings = Number(flags.paintings ?? (quick ? 1 : 3));
  const options = { size: quick ? 128 : 512, runs: paintings, torch, layout };
  const result = await measurePaintings(folder, options, print);
  const { whole, compile, run, handing } = result.share;
  const [all, c, r, h] = [whole, compile, run, handing].map((seconds) => seconds.toFixed(2));
  print(`Of ${all} s the engine compiles for ${c} s and runs for ${r} s, ${h} s of which are copying.`);
  return result;
}

async function pixelsPart(): Promise<SizeResult[]> {
  const say = table([14, -12, -12, -12, -12, -14]);
  print('');
  say('resnet50', 'megapixels', 'median ms', 'fastest ms', 'peak MB', 'ms/megapixel');
  const longest = quick ? LONGEST.slice(0, 3) : LONGEST;
  return await measurePixels(
    folder,
    longest,
    Math.min(runs, 5),
    ({ width, height, median, fastest, peakMemory }) => {
      const megapixels = (width * height) / 1e6;
      const cells = [megapixels.toFixed(2), ...[median, fastest, peakMemory / 1e6].map((x) => x.toFixed(0))];
      say(`${width}x${height}`, ...cells, (fastest / megapixels).toFixed(0));
    },
  );
}

async function tilesPart(): Promise<TileStep[]> {
  const say = table([14, -12, -12, -12, -12, -14, 14, 10]);
  print('');
  say('resnet50', 'budget GB', 'foretold GB', 'peak GB', 'seconds', 's/megapixel', '  tiles', '');
  return await measureTiles(quick ? CASES.slice(0, 1) : CASES, (result) => {
    const { width, height, budget, foretold, peakMemory, fastest, tiles, optimizer } = result;
    const gigabytes = [budget, foretold, peakMemory].map((bytes) => (bytes / 1e9).toFixed(2));
    const speed = [fastest.toFixed(2), (fastest / ((width * height) / 1e6)).toFixed(2)];
    const how = result.stored ? `${optimizer}, ${result.stored} on the disk` : optimizer;
    say(`${width}x${height}`, ...gigabytes, ...speed, `  ${tiles.join('+') || 'one'}`, how);
  });
}

function plot(file: string): void {
  const [program, ...args] = tsx('peers/plots.ts');
  spawnSync(program as string, [...args, file, here('results')], { stdio: 'inherit' });
}
