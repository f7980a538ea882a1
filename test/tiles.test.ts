import fc from 'fast-check';
import {
  type Cutting,
  contentTarget,
  coverAxis,
  type Engine,
  EngineError,
  features,
  loaded,
  loadModel,
  type Network,
  objective,
  openTiledObjective,
  paintPicture,
  pictureFeatures,
  pullModel,
  regionShares,
  resolveSettings,
  runOnce,
  type ScalePlan,
  type Settings,
  serialize,
  styleStatistics,
  styleTarget,
  tiledPicture,
  tiledStatistics,
  weightsOf,
} from 'velatura';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { image, noise, norm } from './support/reference.ts';
import { testEngine } from './support/run.ts';
import { content, style, network as tiny } from './support/tiny.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 600_000 });

const engine = testEngine();
beforeAll(() => pullModel('resnet50'));

interface Size {
  readonly width: number;
  readonly height: number;
}
interface Options {
  /** Parts of the picture that are painted by styles of their own. */
  readonly regions?: number;
  readonly masked?: boolean;
}
type Values = Record<string, Float32Array>;

/** The objective of random pictures, in one piece and in tiles. */
async function bothWays(
  network: Network,
  size: Size,
  given: Partial<Settings>,
  cutting: Cutting,
  { regions, masked = false }: Options = {},
) {
  const settings = resolveSettings({ size: 512, ...given }, network.architecture);
  const parts = regions === undefined ? {} : { regionParts: new Array<number>(regions).fill(1 / regions) };
  const options = { ...settings, ...weightsOf(settings), network, ...parts, masked };
  const taps = { content: Object.keys(settings.contentTaps), style: Object.keys(settings.styleTaps) };
  const { width, height } = size;
  const pixels = (seed: number) => image(seed, height, width);
  const [start, shown] = [pixels(3), pixels(7)];
  const change = Float32Array.from(noise(11, start.length), (v) => 0.2 * v);
  const painted = masked ? Float32Array.from(noise(13, start.length), Math.abs) : undefined;

  const outputs = objective({ ...options, ...size });
  const target: Values = {};
  for (let region = 0; region < (regions ?? 1); region++) {
    const picture = { picture: image(region + 5, 40, 48) };
    const found = await runOnce(
      engine,
      styleStatistics({ ...options, edges: 'mirror', width: 48, height: 40 }, taps.style),
      picture,
    );
    for (const [name, values] of Object.entries(found)) {
      const tap = taps.style.find((one) => name.startsWith(`style ${one}`)) as string;
      target[styleTarget(tap, name.slice(`style ${tap} `.length) || 'gram', region)] = values;
    }
  }
  const shares: Values = {};
  const program = await engine.compile(serialize(outputs));
  const plain = tiledPicture(options, size, cutting, shares);
  for (const tap of regions === undefined ? [] : taps.style) {
    for (let region = 0; region < (regions ?? 0); region++) {
      const raw = Float32Array.from(noise(region + 17, positionsAt(plain, tap)), Math.abs);
      const sum = raw.reduce((a, b) => a + b, 0);
      shares[regionShares(tap, region)] = raw.map((value) => value / sum);
    }
  }
  const guiding = { ...shares, ...(painted && { painted }) };
  const contents = await runOnce(engine, pictureFeatures({ ...options, ...size }, taps.content), {
    picture: shown,
  });
  const targets = taps.content.map((tap) => [contentTarget(tap), contents[features(tap)] as Float32Array]);
  const names = ['content', 'style', 'tv', 'gradient', 'picture'];
  const whole = await program.run(
    { start, change, ...target, ...guiding, ...Object.fromEntries(targets) },
    names,
  );
  await program.release();

  const tiled = await openTiledObjective(engine, plain, weightsOf(settings), shown, target);
  const found = await tiled.evaluate({ start, change, painted });
  await tiled.release();
  return { whole, found, tiles: plain.stages.map(({ tiles }) => tiles.length) };
}

/** The positions of a tap's map that are no margin. */
function positionsAt(picture: ReturnType<typeof tiledPicture>, tap: string): number {
  const { stride = 1 } = picture.options.network.architecture.taps.find(({ name }) => name === tap) ?? {};
  const off = Math.floor(Math.min(picture.options.margin, picture.size.width, picture.size.height) / stride);
  const map = picture.stages.flatMap(({ taps }) => [...taps]).find(([name]) => name === tap)?.[1];
  return ((map?.whole.width ?? 0) - 2 * off) * ((map?.whole.height ?? 0) - 2 * off);
}

function expectSame({ whole, found }: Awaited<ReturnType<typeof bothWays>>): void {
  for (const term of ['content', 'style', 'tv'] as const) {
    const value = whole[term]?.[0] as number;
    expect(Math.abs(found[term] - value)).toBeLessThan(1e-4 * Math.abs(value) + 1e-9);
  }
  expect(found.picture).toEqual(whole.picture);
  const gradient = whole.gradient as Float32Array;
  const difference = loaded(found.gradient).map((value, i) => value - (gradient[i] as number));
  expect(norm(difference) / norm(gradient)).toBeLessThan(1e-4);
}

describe('windows along an axis', () => {
  it('are of one size, cover it once, and see what they need', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 8, max: 3000 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(1, 2, 4, 8, 16),
        fc.integer({ min: 0, max: 150 }),
        (length, count, stride, reach) => {
          const cover = coverAxis(length, count, { stride, reach });
          if (!cover) return;
          const { size, windows } = cover;
          expect(windows.length).toBe(count);
          let covered = 0;
          for (const { start, from, to } of windows) {
            expect(from).toBe(covered);
            covered = to;
            expect(start % stride).toBe(0);
            expect(start === 0 || start <= from - reach).toBe(true);
            expect(start + size === length || start + size >= to + reach).toBe(true);
            expect(start + size).toBeLessThanOrEqual(length);
          }
          expect(covered).toBe(length);
          expect((length - size) % stride).toBe(0);
        },
      ),
      { seed: 5, numRuns: 2000 },
    );
  });

  it('are given wherever they are smaller than the axis by far', () => {
    for (const count of [2, 3, 4, 6]) {
      const cover = coverAxis(1000 * count + 77, count, { stride: 16, reach: 145 });
      expect(cover?.size).toBeLessThan(1000 + 2 * 145 + 77 + 3 * 16);
    }
  });
});

describe('the objective in tiles', () => {
  const base = {
    contentTaps: { block3_conv1: 1 },
    styleTaps: { block1_conv1: 1, block2_conv1: 0.5, block3_conv1: 2 },
  };

  it('is that of one piece, whatever the settings', async () => {
    let cut = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          width: fc.integer({ min: 33, max: 140 }),
          height: fc.integer({ min: 24, max: 90 }),
          columns: fc.integer({ min: 1, max: 4 }),
          rows: fc.integer({ min: 1, max: 3 }),
          again: fc.integer({ min: 1, max: 2 }),
          // A VGG of three blocks has five layers: three convolutions and two poolings.
          cuts: fc.constantFrom<readonly number[]>([], [1], [2], [3], [1, 3], [2, 4]),
          styleLoss: fc.constantFrom<Settings['styleLoss'][]>('gram', 'moments', 'wasserstein', 'histogram'),
          pooling: fc.constantFrom<Settings['pooling'][]>('max', 'avg'),
          edges: fc.constantFrom<Settings['edges'][]>('mirror', 'wrap'),
          margin: fc.constantFrom(4, 9, 16),
          soft: fc.boolean(),
          regions: fc.constantFrom(undefined, 1, 2),
          masked: fc.boolean(),
        }),
        async ({ width, height, columns, rows, again, cuts, regions, masked, ...settings }) => {
          const counts = [{ columns, rows }, ...cuts.map(() => ({ columns: again, rows: 1 }))];
          const given = { ...base, ...settings };
          const found = await bothWays(
            tiny,
            { width, height },
            given,
            { cuts, counts },
            { regions, masked },
          ).catch((error: Error) => {
            if (/has no such tiles/.test(error.message)) return undefined;
            throw error;
          });
          if (!found) return;
          if (found.tiles.some((count) => count > 1)) cut++;
          expectSame(found);
        },
      ),
      { seed: 7, numRuns: 40 },
    );
    expect(cut).toBeGreaterThan(20);
  });

  it('is that of one piece without a margin, in the classic form', async () => {
    const given = { ...base, margin: 0, soft: false, losses: 'classic' } as const;
    const cutting = { cuts: [], counts: [{ columns: 3, rows: 2 }] };
    expectSame(await bothWays(tiny, { width: 121, height: 77 }, given, cutting));
  });

  // Where a unit of the network is at zero but for rounding, its gradient is there or not. Other sizes of this picture have such.
  it('is that of one piece with ResNet-50, in tiles smaller than their overlap', async () => {
    const network = await loadModel('resnet50');
    const cuts = [network.architecture.layers.findIndex(({ tap }) => tap === '3d') + 1];
    const counts = [
      { columns: 3, rows: 1 },
      { columns: 1, rows: 1 },
    ];
    const found = await bothWays(network, { width: 333, height: 61 }, {}, { cuts, counts });
    expect(found.tiles).toEqual([3, 1]);
    expectSame(found);
  });
});

describe('what is kept of a style in tiles', () => {
  it.each(['gram', 'moments', 'wasserstein', 'histogram'] as const)(
    'is that of one piece: %s',
    async (styleLoss) => {
      const size = { width: 117, height: 63 };
      const picture = image(5, size.height, size.width);
      const settings = resolveSettings(
        {
          size: 128,
          styleLoss,
          contentTaps: { block3_conv1: 1 },
          styleTaps: { block1_conv1: 1, block3_conv1: 1 },
        },
        tiny.architecture,
      );
      const taps = Object.keys(settings.styleTaps);
      const options = { ...settings, network: tiny };
      const whole = await runOnce(engine, styleStatistics({ ...options, ...size }, taps), { picture });
      const cutting = {
        cuts: [2],
        counts: [
          { columns: 3, rows: 2 },
          { columns: 2, rows: 1 },
        ],
      };
      const tiled = tiledPicture({ ...options, contentTaps: {}, soft: false }, size, cutting, {});
      const found = await tiledStatistics(engine, tiled, { start: picture });
      expect(Object.keys(found).sort()).toEqual(Object.keys(whole).sort());
      for (const [name, values] of Object.entries(whole)) {
        const difference = values.map((value, i) => value - (found[name]?.[i] as number));
        expect(norm(difference) / norm(values)).toBeLessThan(1e-3);
      }
    },
  );
});

describe('a painting in tiles', () => {
  it('leaves nothing in the engine where something of it cannot be compiled', async () => {
    const settings = resolveSettings(
      { scales: [96], steps: [1], contentTaps: { block3_conv1: 1 }, styleTaps: { block2_conv1: 1 } },
      tiny.architecture,
    );
    const counts = [
      { columns: 2, rows: 2 },
      { columns: 2, rows: 1 },
    ];
    const plan: ScalePlan[] = [{ cutting: { cuts: [2], counts }, styles: [undefined], history: 1 }];
    const work = { content, styles: [style], network: tiny, settings, plan };
    /** Paints with an engine that fails at one of its graphs. @returns how many it compiled, and kept */
    async function paintFailingAt(graph: number) {
      let [compiled, held] = [0, 0];
      const failing: Engine = {
        ...engine,
        async compile(...given) {
          if (compiled++ === graph) throw new EngineError('no more');
          const program = await engine.compile(...given);
          held++;
          return { ...program, release: () => program.release().then(() => void held--) };
        },
      };
      const failed = await (async () => {
        for await (const _ of paintPicture(work, failing));
      })().then(
        () => false,
        () => true,
      );
      return { compiled, held, failed };
    }
    const { compiled: graphs, ...whole } = await paintFailingAt(Number.POSITIVE_INFINITY);
    expect(whole).toEqual({ held: 0, failed: false });
    expect(graphs).toBeGreaterThan(6);
    for (let graph = 0; graph < graphs; graph++) {
      expect(await paintFailingAt(graph), `graph ${graph}`).toMatchObject({ held: 0, failed: true });
    }
  });

  it('is that of one piece, at the beginning', async () => {
    const settings = resolveSettings(
      { scales: [48, 96], steps: [3, 2], contentTaps: { block3_conv1: 1 }, styleTaps: { block2_conv1: 1 } },
      tiny.architecture,
    );
    const counts = [{ columns: 2, rows: 2 }];
    const plan: ScalePlan[] = [48, 96].map(() => ({
      cutting: { cuts: [], counts },
      styles: [{ cuts: [], counts }],
      history: 10,
    }));
    const paint = async (plan?: ScalePlan[]) => {
      let last: Float32Array | undefined;
      const work = { content, styles: [style], network: tiny, settings, ...(plan && { plan }) };
      for await (const { picture } of paintPicture(work, engine)) last = picture.data;
      return last as Float32Array;
    };
    const [whole, tiled] = [await paint(), await paint(plan)];
    const difference = whole.map((value, i) => value - (tiled[i] as number));
    expect(norm(difference) / norm(whole)).toBeLessThan(1e-3);
  });
});
