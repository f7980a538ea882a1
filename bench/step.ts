import {
  architectureNamed,
  createEngine,
  elements,
  fit,
  memoryOf,
  objective,
  parameterShapes,
  pictureFeatures,
  resolveSettings,
  serialize,
  styleStatistics,
} from 'velatura';

/*
 * Times the step of a network's default recipe on a picture of proportions 4:3, in a process of its own so that its
 * peak memory is that of this step alone: `tsx bench/step.ts <network> <size> <runs>` prints a line of JSON.
 */

const [name = 'resnet50', size = '512', runs = '9'] = process.argv.slice(2);
const architecture = architectureNamed(name);

/** Even noise, the same in every run. What the values are does not matter to the arithmetic. */
function noise(length: number, scale: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * scale;
  });
}

const weights = new Map(
  [...parameterShapes(architecture)].map(([array, shape]) => {
    const length = shape.reduce((a, b) => a * b, 1);
    return [
      array,
      { shape, data: noise(length, shape.length > 1 ? Math.sqrt((6 * (shape[0] ?? 1)) / length) : 0) },
    ];
  }),
);
const settings = resolveSettings({ size: Number(size) }, architecture);
const { width, height } = fit({ width: 4, height: 3 }, Number(size));
const view = { ...settings, network: { architecture, weights }, width, height };
const outputs = objective(view);
const predicted = memoryOf(outputs);

const engine = createEngine();
const program = await engine.compile(serialize(outputs));
const feeds: Record<string, Float32Array> = {
  start: noise(3 * width * height, 0.5),
  change: new Float32Array(3 * width * height),
};
for (const [name, { shape }] of Object.entries(styleStatistics(view, Object.keys(settings.styleTaps)))) {
  feeds[name] = noise(elements(shape), 1);
}
const contentTaps = Object.keys(settings.contentTaps);
const maps = pictureFeatures(view, contentTaps);
for (const tap of contentTaps) {
  feeds[`content ${tap}`] = noise(elements(maps[`features ${tap}`]?.shape ?? []), 1);
}
await program.run(feeds, ['gradient']);
const times: number[] = [];
for (let run = 0; run < Number(runs); run++) {
  const began = performance.now();
  await program.run({ change: feeds.change as Float32Array }, [
    'picture',
    'content',
    'style',
    'tv',
    'gradient',
  ]);
  times.push(performance.now() - began);
}
await engine.close();

times.sort((a, b) => a - b);
process.stdout.write(
  `${JSON.stringify({
    network: name,
    width,
    height,
    median: times[Math.floor(times.length / 2)],
    fastest: times[0],
    runs: times.length,
    peakMemory: process.resourceUsage().maxRSS * 1024,
    graphMemory: predicted.values + predicted.constants,
    engine: engine.name,
  })}\n`,
);
