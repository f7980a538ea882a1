import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fit, KEEPS_FREED_MEMORY, type Picture, readPicture, resample } from 'velatura';
import { here, python, tsx } from './peer.ts';
import { CONTENT, recipeOf, STYLE, weightsOf, writeScene } from './scene.ts';
import { median } from './side-by-side.ts';

/** The lowest loss so far, at a moment since the process was started. */
export interface Point {
  readonly seconds: number;
  readonly scale: number;
  readonly loss: number;
}

export interface Painter {
  readonly name: string;
  /** Of the whole process, in the order in which they ran. */
  readonly seconds: readonly number[];
  readonly median: number;
  /** The lowest loss at the last scale. */
  readonly loss: number;
  /** The same after the steps of the recipe, and when they were done: the others go on until they reach the loss of Velatura. */
  readonly planned: Point;
  readonly peakMemory: number;
  /** Of the first run. */
  readonly curve: readonly Point[];
}

/** Seconds; the engine's are those of compiling and running, `handing` the part of them that is copying. */
export interface EngineShare {
  readonly whole: number;
  readonly compile: number;
  readonly run: number;
  readonly handing: number;
}

export interface PaintingResult {
  readonly size: number;
  /** Velatura, and the others, whoever was quicker first. */
  readonly painters: readonly Painter[];
  readonly share: EngineShare;
}

/**
 * The default recipe from start to end: the command and, where there is PyTorch, the same there, by turns. PyTorch takes as many
 * steps at the last scale as it needs to come to the same loss.
 */
export async function measurePaintings(
  folder: string,
  { size, runs, torch, layout }: { size: number; runs: number; torch: boolean; layout: string },
  report: (line: string) => void,
): Promise<PaintingResult> {
  const bin = here('../bin/velatura.js');
  const output = join(folder, 'ours.png');
  const ours = [
    process.execPath,
    bin,
    'paint',
    CONTENT,
    '--style',
    STYLE,
    '--size',
    String(size),
    '-o',
    output,
    '--json',
  ];
  const painters = [{ name: 'Velatura', command: ours, runs: [] as Run[] }];
  const contents = await paintingScene(size);
  const lastSteps = contents.recipe.steps.at(-1) as number;
  if (torch) {
    const scene = await writeScene(join(folder, 'painting'), contents);
    for (const search of ['strong_wolfe', 'none']) {
      const command = [python, here('pytorch/paint.py'), scene, search, layout, join(folder, 'torch.ppm')];
      painters.push({ name: `PyTorch, line search ${search}`, command, runs: [] });
    }
  }
  for (let run = 0; run < runs; run++) {
    for (const painter of painters) {
      // Which line search gets further is known after the first round.
      if (run > 0 && painter !== painters[0] && painter !== painters.slice(1).sort(byFirstRun)[0]) continue;
      const goal = painters[0]!.runs[0]?.loss;
      const done = await paintOnce([...painter.command, ...(painter === painters[0] ? [] : [String(goal)])]);
      painter.runs.push(done);
      report(`${painter.name}: ${done.seconds.toFixed(1)} s to a loss of ${done.loss.toPrecision(4)}`);
    }
  }
  const [velatura, ...others] = painters as [(typeof painters)[number], ...typeof painters];
  const inOrder = others.sort(byFirstRun);
  return {
    size,
    painters: [velatura, ...inOrder].map(({ name, runs }) => ({
      name,
      seconds: runs.map(({ seconds }) => seconds),
      median: median(runs.map(({ seconds }) => seconds)),
      loss: runs[0]!.loss,
      planned: plannedEnd(runs[0]!.curve, size, lastSteps),
      peakMemory: Math.max(...runs.map(({ peakMemory }) => peakMemory)),
      curve: runs[0]!.curve,
    })),
    share: engineShare(size, output),
  };
}

interface Run {
  readonly seconds: number;
  readonly loss: number;
  readonly peakMemory: number;
  readonly curve: readonly Point[];
}

/** Where a painter is after the steps of the recipe, or at its end where it took fewer. */
function plannedEnd(curve: readonly Point[], size: number, steps: number): Point {
  return curve
    .filter(({ scale }) => scale === size)
    .slice(0, steps)
    .at(-1)!;
}

/** Orders painters by the loss of their first runs where that differs by a hundredth and more, and by time otherwise. */
function byFirstRun({ runs: [a] }: HasRuns, { runs: [b] }: HasRuns): number {
  const differ = Math.abs(a!.loss - b!.loss) > 0.01 * Math.min(a!.loss, b!.loss);
  return differ ? a!.loss - b!.loss : a!.seconds - b!.seconds;
}

interface HasRuns {
  readonly runs: readonly Run[];
}

/** Both painters write a line of JSON for each step: Velatura its events, the script in PyTorch scale and loss. */
async function paintOnce([program, ...args]: readonly string[]): Promise<Run> {
  const began = performance.now();
  const since = () => (performance.now() - began) / 1000;
  const child = spawn(program as string, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const curve: Point[] = [];
  let peakMemory = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line) as {
      scale?: number;
      loss?: number | { total: number };
      peakMemory?: number;
    };
    peakMemory = event.peakMemory ?? peakMemory;
    if (event.scale === undefined || event.loss === undefined) continue;
    const loss = typeof event.loss === 'number' ? event.loss : event.loss.total;
    curve.push({ seconds: since(), scale: event.scale, loss });
  }
  const [code] = await ended;
  const seconds = since();
  if (code !== 0) throw new Error(`${program} ${args[0]} ended with code ${code}.`);
  return { seconds, loss: curve.at(-1)!.loss, peakMemory, curve };
}

/** The pictures at every scale, so that nobody else has to decode and resample. */
async function paintingScene(size: number) {
  const { architecture, recipe } = recipeOf('resnet50', size);
  const sources = {
    content: await readPicture(CONTENT, { longest: size }),
    style: await readPicture(STYLE, { longest: size }),
  };
  const pictures: Record<string, Picture> = {};
  for (const scale of recipe.scales) {
    for (const [role, picture] of Object.entries(sources)) {
      const at = fit(picture, scale);
      pictures[`${role} ${scale}`] = resample(picture, at.width, at.height);
    }
  }
  return { recipe, weights: await weightsOf(architecture, recipe), pictures };
}

function engineShare(size: number, output: string): EngineShare {
  const [program, ...args] = tsx('paint-engine-share.ts');
  const { status, stdout, stderr } = spawnSync(program as string, [...args, String(size), output], {
    encoding: 'utf8',
    // As the command sees to by itself.
    env: { ...process.env, ...KEEPS_FREED_MEMORY },
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as EngineShare;
}
