import {
  architectureNamed,
  createEngine,
  type PaintingState,
  paintPicture,
  planScale,
  scratchStore,
  type Work,
} from 'velatura';
import { pairScene } from './scene.ts';

/*
 * One process of `bench/tiles.ts`: steps of a network's recipe at one size, within a budget of memory. Prints one line of JSON.
 *
 *     tsx bench/tile-step.ts <width> <height> <gigabytes> [vgg19]
 */

/** Steps where nothing that they leave is in memory. */
const STORED_STEPS = 3;

export interface TileStep {
  readonly width: number;
  readonly height: number;
  readonly budget: number;
  readonly foretold: number;
  readonly peakMemory: number;
  /** Tiles of each stage; none where the picture is in one piece. */
  readonly tiles: readonly number[];
  readonly optimizer: string;
  /** Which large arrays were on the disk. */
  readonly stored?: 'pictures' | 'all';
  /** Seconds of the quickest step, but for the first where there are others. */
  readonly fastest: number;
}

const [width = 0, height = 0, gigabytes = 0] = process.argv.slice(2).map(Number);
const name = process.argv[5] === 'vgg19' ? 'vgg19' : 'resnet50';
const { recipe, weights, pictures } = await pairScene(name, width, height);
// Planned as the recipe's last scale is, of which some steps are taken.
const settings = { ...recipe, scales: [recipe.size], steps: [recipe.steps.at(-1) as number] };
const { content, style } = pictures;
const network = { architecture: architectureNamed(name), weights };
const work: Work = { content, styles: [style], network, settings };
const budget = gigabytes * 1e9;
const plan = planScale(work, 0, budget);
// So many that all is there that L-BFGS remembers, where that takes memory.
const steps = plan.stored ? STORED_STEPS : plan.history + 1;
const engine = createEngine();
const times: number[] = [];
let last = performance.now();
/** As when a checkpoint is written beside the next step. */
let written: PaintingState | undefined;
for await (const step of paintPicture(
  { ...work, plan: [plan] },
  engine,
  undefined,
  undefined,
  scratchStore(),
)) {
  times.push((performance.now() - last) / 1000);
  written = await step.checkpoint();
  if (step.step === steps) break;
  last = performance.now();
}
if (!written) throw new Error('Nothing was painted.');
await engine.close();
const result: TileStep = {
  width,
  height,
  budget,
  foretold: plan.bytes,
  peakMemory: process.resourceUsage().maxRSS * 1024,
  tiles: plan.cutting?.counts.map(({ columns, rows }) => columns * rows) ?? [],
  optimizer: settings.optimizer,
  ...(plan.stored && { stored: plan.stored }),
  fastest: Math.min(...(times.length > 1 ? times.slice(1) : times)),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
