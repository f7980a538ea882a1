import {
  add,
  constant,
  elements,
  gradient,
  gram,
  input,
  type Projection,
  parameterShapes,
  project,
  projectionOf,
  runOnce,
  type Statistics,
  type StyleLossName,
  scale,
  serialize,
  styleDistance,
  styleLosses,
  styleStatistics,
  styleStatisticsOf,
  type Tensor,
  vgg,
} from 'velatura';
import { describe, expect, it } from 'vitest';
import { noise, norm } from './support/reference.ts';
import { testEngine } from './support/run.ts';

const engine = testEngine();

describe('the projection of feature maps', () => {
  it.each([
    [64, 0.25, 16, 1],
    [256, 0.25, 64, 4],
    [1024, 0.25, 256, 16],
    [1024, 0.3, 304, 1],
    [512, 0.375, 192, 4],
    [90, 0.8, 72, 1],
  ])(
    'of %i channels onto %f is onto %i directions of length one, in groups at right angles to each other',
    (channels, share, kept, groups) => {
      const found = projectionOf(channels, share) as Projection;
      expect(found).toMatchObject({ kept, groups, mixed: channels / groups });
      const { kernels, mixed } = found;
      expect(kernels.length).toBe(kept * mixed);
      expect(new Set(kernels).size).toBeGreaterThan(0.99 * kernels.length);
      for (let i = 0; i < kept; i++) {
        const first = i - (i % (kept / groups));
        for (let j = first; j <= i; j++) {
          const [a, b] = [i, j].map((row) => kernels.subarray(row * mixed, (row + 1) * mixed));
          const product = (a as Float32Array).reduce((sum, value, c) => sum + value * (b?.[c] as number), 0);
          expect(product).toBeCloseTo(i === j ? 1 : 0, 5);
        }
      }
    },
  );

  it('mixes the channels of each group by themselves', async () => {
    const [channels, side] = [128, 3];
    const x = input('x', [1, channels, side, side]);
    const { kernels, kept, mixed, groups } = projectionOf(channels, 0.5) as Projection;
    expect(groups).toBeGreaterThan(1);
    const maps = Float32Array.from(noise(3, channels * side * side));
    const { y } = (await runOnce(engine, { y: project(x, 0.5) }, { x: maps })) as { y: Float32Array };
    const expected = Float32Array.from({ length: kept * side * side }, (_, i) => {
      const [row, at] = [Math.floor(i / side ** 2), i % side ** 2];
      const first = Math.floor(row / (kept / groups)) * mixed;
      return Array.from({ length: mixed }, (_, c) => c).reduce(
        (sum, c) =>
          sum + (kernels[row * mixed + c] as number) * (maps[(first + c) * side ** 2 + at] as number),
        0,
      );
    });
    expect(norm(y.map((value, i) => value - (expected[i] as number)))).toBeLessThan(1e-5 * norm(expected));
  });

  it('leaves narrow maps whole, and all where all channels are wanted', () => {
    const narrow = input('x', [1, 16, 8, 8]);
    const wide = input('x', [1, 512, 8, 8]);
    expect(project(narrow, 0.1)).toBe(narrow);
    expect(project(wide, 1)).toBe(wide);
    expect(project(wide, 0.25).shape).toEqual([1, 128, 8, 8]);
    expect(project(wide, 0.01).shape).toEqual([1, 16, 8, 8]);
  });

  it('is what the objective and the style targets are made with', () => {
    const architecture = vgg('test', 'Test', [1, 1, 1], [8, 16, 128]);
    const weights = new Map(
      [...parameterShapes(architecture)].map(([name, shape]) => [
        name,
        { shape, data: new Float32Array(elements(shape)) },
      ]),
    );
    const view = {
      network: { architecture, weights },
      pooling: 'max' as const,
      margin: 0,
      projection: 0.5,
      styleLoss: 'gram' as const,
      edges: 'mirror' as const,
    };
    const targets = styleStatistics({ ...view, width: 32, height: 32 }, ['block2_conv1', 'block3_conv1']);
    expect(targets['style block2_conv1']?.shape).toEqual([16, 16]);
    expect(targets['style block3_conv1']?.shape).toEqual([64, 64]);
  });

  it('keeps the distances between Gram matrices in proportion', async () => {
    const [channels, side] = [256, 24];
    const x = input('x', [1, channels, side, side]);
    const outputs = { whole: gram(x), part: gram(project(x, 0.25)) };
    // Few strong directions in many channels, as feature maps have them; a different mixture for each picture.
    const maps = (seed: number) => {
      const strength = noise(seed * 991, 8);
      const waves = noise(seed * 7919, 8 * side * side);
      const mixture = noise(5, channels * 8);
      return Float32Array.from({ length: channels * side * side }, (_, i) => {
        const [c, at] = [Math.floor(i / side ** 2), i % side ** 2];
        let sum = 0;
        for (let k = 0; k < 8; k++) {
          sum +=
            (strength[k] as number) * (mixture[c * 8 + k] as number) * (waves[k * side ** 2 + at] as number);
        }
        return Math.max(sum, 0);
      });
    };
    const found: Record<string, Float32Array>[] = [];
    for (const seed of [1, 2, 3, 4]) found.push(await runOnce(engine, outputs, { x: maps(seed) }));
    const relative = (name: 'whole' | 'part', i: number, j: number) => {
      const [a, b] = [found[i]?.[name], found[j]?.[name]] as [Float32Array, Float32Array];
      return norm(a.map((value, k) => value - (b[k] as number))) / norm(b);
    };
    for (const [i, j] of [
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 0],
    ] as const) {
      const ratio = relative('part', i, j) / relative('whole', i, j);
      expect(ratio).toBeGreaterThan(0.8);
      expect(ratio).toBeLessThan(1.25);
    }
  });
});

describe.each(Object.keys(styleLosses) as StyleLossName[])('the style loss %s', (name) => {
  const statistics = (x: Tensor, shares?: Tensor) => styleStatisticsOf(styleLosses[name], x, shares);
  const loss = (x: Tensor, target: Statistics, shares?: Tensor) =>
    styleDistance(styleLosses[name], x, target, shares);
  const maps = (seed: number, width: number) => {
    const shape = [1, 6, 7, width];
    return constant(
      Float32Array.from(noise(seed, elements(shape)), (v) => Math.max(v + 0.3, 0)),
      shape,
    );
  };

  it('is zero for the style itself, also in another order, and not for another', async () => {
    const x = maps(1, 9);
    const mirrored = constant(
      Float32Array.from(
        { length: 6 * 63 },
        (_, i) => values(x)[Math.floor(i / 63) * 63 + (62 - (i % 63))] as number,
      ),
      [1, 6, 7, 9],
    );
    const target = statistics(x);
    const found = await runOnce(
      engine,
      { same: loss(x, target), mirrored: loss(mirrored, target), other: loss(maps(2, 12), target) },
      {},
    );
    expect(Math.abs(found.same?.[0] as number)).toBeLessThan(1e-4);
    expect(Math.abs(found.mirrored?.[0] as number)).toBeLessThan(1e-4);
    expect(found.other?.[0]).toBeGreaterThan(1e-3);
  });

  it('is a number for flat pictures, and so is its gradient', async () => {
    const shape = [1, 6, 7, 9];
    const x = input('x', shape);
    const flat = (level: number) => constant(new Float32Array(elements(shape)).fill(level), shape);
    for (const style of [flat(0.7), flat(0), maps(3, 8)]) {
      const y = loss(x, statistics(style));
      const [dx] = gradient(y, [x]) as [Tensor];
      for (const picture of [flat(3), flat(0), maps(4, 9)]) {
        if (style !== picture && values(style).every((v) => v === 0) && name !== 'wasserstein') continue;
        const found = await runOnce(engine, { y, dx }, { x: values(picture) });
        expect(found.y?.every(Number.isFinite)).toBe(true);
        expect(found.dx?.every(Number.isFinite)).toBe(true);
      }
    }
  });

  it('has a gradient that agrees with central differences', async () => {
    const shape = [1, 6, 7, 9];
    const x = input('x', shape);
    const y = loss(x, statistics(maps(3, 8)));
    const [dx] = gradient(y, [x]) as [Tensor];
    const program = await engine.compile(serialize({ y, dx }));
    const at = values(maps(4, 9)).map((value) => value + 0.05);
    const analytic = (await program.run({ x: at }, ['dx'])).dx as Float32Array;
    const largest = Math.max(...analytic.map(Math.abs));
    for (const place of [0, 50, 100, 200, 300]) {
      const lossAt = async (move: number) => {
        const moved = at.slice();
        moved[place] = (moved[place] as number) + move;
        return (await program.run({ x: moved }, ['y'])).y?.[0] as number;
      };
      const numeric = ((await lossAt(0.05)) - (await lossAt(-0.05))) / 0.1;
      expect(Math.abs(numeric - (analytic[place] as number))).toBeLessThan(0.03 * largest);
    }
    await program.release();
  });
});

describe('the distance of Gaussians', () => {
  it('is a number from many flat channels far from the style, of which nothing but rounding varies', async () => {
    const [channels, side] = [64, 60];
    const shape = [1, channels, side, side];
    const plane = side * side;
    const grain = noise(5, channels * plane);
    const style = constant(
      Float32Array.from(grain, (v) => 3 + v),
      shape,
    );
    const level = noise(9, channels);
    const flat = Float32Array.from({ length: channels * plane }, (_, i) => {
      return 0.1 + Math.abs(level[Math.floor(i / plane)] as number);
    });
    const x = input('x', shape);
    const { wasserstein } = styleLosses;
    const y = styleDistance(wasserstein, x, styleStatisticsOf(wasserstein, style));
    const [dx] = gradient(y, [x]) as [Tensor];
    const found = await runOnce(engine, { y, dx }, { x: flat });
    expect(found.y?.[0]).toBeGreaterThan(0);
    expect(found.y?.every(Number.isFinite)).toBe(true);
    expect(found.dx?.every(Number.isFinite)).toBe(true);
  });

  it('is what it must be where covariances are diagonal', async () => {
    // Two channels of independent values, whose means and deviations are known.
    const channel = (mean: number, deviation: number, pattern: number[]) =>
      pattern.map((v) => mean + deviation * v);
    const picture = (m: number[], s: number[]) =>
      constant(
        Float32Array.from([
          ...channel(m[0] as number, s[0] as number, [1, 1, -1, -1]),
          ...channel(m[1] as number, s[1] as number, [1, -1, 1, -1]),
        ]),
        [1, 2, 2, 2],
      );
    const { wasserstein } = styleLosses;
    const statistics = (x: Tensor) => styleStatisticsOf(wasserstein, x);
    const loss = (x: Tensor, target: Statistics) => styleDistance(wasserstein, x, target);
    const target = statistics(picture([1, 2], [3, 2]));
    const found = await runOnce(engine, { y: loss(picture([2, 0], [1, 5]), target) }, {});
    const distance = (2 - 1) ** 2 + (0 - 2) ** 2 + (1 - 3) ** 2 + (5 - 2) ** 2;
    const size = 1 + 4 + 9 + 4;
    expect(found.y?.[0]).toBeCloseTo(distance / size, 1.5);
  });
});

describe('the histograms', () => {
  const { gram: gramLoss, histogram } = styleLosses;
  const statistics = (x: Tensor) => styleStatisticsOf(histogram, x);
  const loss = (x: Tensor, target: Statistics) => styleDistance(histogram, x, target);
  /**
   * Four channels of the given eight values, three bits of the place for each: they meet in every combination alike, so that
   * channels have no covariance.
   */
  const maps = (eight: readonly number[]) =>
    constant(
      Float32Array.from({ length: 4 * 4096 }, (_, i) => {
        const [c, at] = [Math.floor(i / 4096), i % 4096];
        return eight[(at >> (3 * c)) & 7] as number;
      }),
      [1, 4, 64, 64],
    );
  // Mean 1 and deviation 1 both.
  const twoValued = maps([0, 0, 0, 0, 2, 2, 2, 2]);
  const spiky = maps([-1, 1, 1, 1, 1, 1, 1, 3]);

  it('tell apart what Gram matrices cannot', async () => {
    const found = await runOnce(
      engine,
      {
        gram: styleDistance(gramLoss, spiky, styleStatisticsOf(gramLoss, twoValued)),
        histogram: loss(spiky, statistics(twoValued)),
      },
      {},
    );
    expect(found.gram?.[0]).toBeLessThan(1e-6);
    expect(found.histogram?.[0]).toBeGreaterThan(0.01);
  });

  it('fall from nearly all to nearly none, and evenly where values lie evenly about their mean', async () => {
    const found = await runOnce(engine, { shares: statistics(twoValued).shares as Tensor }, {});
    const shares = found.shares as Float32Array;
    for (let direction = 0; direction < 4; direction++) {
      const along = shares.subarray(8 * direction, 8 * direction + 8);
      expect([...along].sort((a, b) => b - a)).toEqual([...along]);
      expect(along[0]).toBeGreaterThan(0.9);
      expect(along[7]).toBeLessThan(0.1);
      for (let k = 0; k < 4; k++) expect((along[k] as number) + (along[7 - k] as number)).toBeCloseTo(1, 3);
    }
  });

  it('are shares of the positions, so that pictures of all sizes compare', async () => {
    const x = Float32Array.from(noise(6, 4 * 12 * 10));
    const twice = (from: Float32Array) =>
      Float32Array.from(
        { length: 2 * from.length },
        (_, i) => from[Math.floor(i / 240) * 120 + (i % 120)] as number,
      );
    const [once, again] = [
      statistics(constant(x, [1, 4, 12, 10])),
      statistics(constant(twice(x), [1, 4, 24, 10])),
    ];
    const found = await runOnce(engine, { once: once.shares as Tensor, again: again.shares as Tensor }, {});
    expect(found.once?.length).toBe(4 * 8);
    for (const [i, share] of (found.once as Float32Array).entries()) {
      expect(share).toBeGreaterThan(0);
      expect(share).toBeLessThan(1);
      expect(found.again?.[i]).toBeCloseTo(share, 4);
    }
  });

  it('of two styles in equal parts are met halfway', async () => {
    const [a, b] = [twoValued, spiky].map((x) => statistics(x));
    const half = (name: string) => scale(add(a?.[name] as Tensor, b?.[name] as Tensor), 0.5);
    const mixed = { gram: half('gram'), mean: half('mean'), shares: half('shares') };
    const found = await runOnce(
      engine,
      {
        fromA: loss(twoValued, mixed),
        fromB: loss(spiky, mixed),
        apart: loss(twoValued, b as Statistics),
      },
      {},
    );
    const { fromA, fromB, apart } = found as Record<string, Float32Array>;
    // Half the way is a quarter of the squared distance.
    expect(fromA?.[0]).toBeGreaterThan(0.2 * (apart?.[0] as number));
    expect(fromA?.[0]).toBeLessThan(0.3 * (apart?.[0] as number));
    expect(fromB?.[0]).toBeGreaterThan(0.2 * (apart?.[0] as number));
    expect(fromB?.[0]).toBeLessThan(0.3 * (apart?.[0] as number));
  });
});

function values({ producer }: Tensor): Float32Array {
  return (producer as unknown as { data: Float32Array }).data;
}
