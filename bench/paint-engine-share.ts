import {
  createEngine,
  type Engine,
  input,
  preparePainting,
  resample,
  type Size,
  type Step,
  scale,
  serialize,
  writePicture,
} from 'velatura';
import { CONTENT, STYLE } from './scene.ts';
import { median } from './side-by-side.ts';

/*
 * `tsx bench/paint-engine-share.ts <size> <output>`: paints as the command does, and prints as JSON the seconds of the
 * whole, of compiling and running graphs, and the part of the latter that goes into handing pictures to and fro.
 */

const [size, output] = process.argv.slice(2) as [string, string];
const spent = { compile: 0, run: 0 };

const engine = createEngine();
const timed: Engine = {
  ...engine,
  async compile(model, options) {
    const began = performance.now();
    const program = await engine.compile(model, options);
    spent.compile += performance.now() - began;
    return {
      ...program,
      async run(feeds, fetches) {
        const began = performance.now();
        const results = await program.run(feeds, fetches);
        spent.run += performance.now() - began;
        return results;
      },
    };
  },
};

const began = performance.now();
const painting = await preparePainting(CONTENT, { style: STYLE, size: Number(size), engine: timed });
let last: Step | undefined;
for await (const step of painting.steps()) last = step;
const { width, height } = painting.sizes.at(-1) as Size;
await writePicture(output, resample((last as Step).picture, width, height));
const whole = performance.now() - began;

let handing = 0;
for (const [level, at] of painting.sizes.entries()) {
  handing += (painting.settings.steps[level] as number) * (await handOver(at));
}
await engine.close();
process.stdout.write(
  `${JSON.stringify({ whole: whole / 1000, compile: spent.compile / 1000, run: spent.run / 1000, handing: handing / 1000 })}\n`,
);

/**
 * The milliseconds of a run that computes next to nothing and hands over what the runs of a step do: the change there, picture and
 * gradient back, and the optimiser's direction back. The optimiser's vectors go there outside of any run.
 */
async function handOver({ width, height }: Size): Promise<number> {
  const change = input('change', [1, 3, height, width]);
  const outputs = { picture: scale(change, 2), gradient: scale(change, 3), direction: scale(change, 4) };
  const program = await engine.compile(serialize(outputs));
  const values = new Float32Array(3 * width * height);
  const times: number[] = [];
  for (let run = 0; run < 9; run++) {
    const began = performance.now();
    await program.run({ change: values }, Object.keys(outputs));
    times.push(performance.now() - began);
  }
  await program.release();
  return median(times);
}
