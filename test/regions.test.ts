import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import {
  constant,
  elements,
  type Guide,
  gradient,
  guideBy,
  input,
  type Picture,
  type RegionMasks,
  runOnce,
  type Statistics,
  type StyleLossName,
  serialize,
  styleDistance,
  styleLosses,
  styleStatisticsOf,
  type Tensor,
} from 'velatura';
import { describe, expect, it, vi } from 'vitest';
import { velatura } from './support/cli.ts';
import { image, noise } from './support/reference.ts';
import { testEngine } from './support/run.ts';
import { content, style, tinyPainter } from './support/tiny.ts';

vi.setConfig({ testTimeout: 120_000 });

const engine = testEngine();
const { painting } = tinyPainter(engine, {
  scales: [32, 48],
  steps: [8, 6],
  contentTaps: { block3_conv1: 1 },
  styleTaps: { block1_conv1: 1, block2_conv1: 1, block3_conv1: 1 },
  styleWeight: 10,
});

type Rgb = readonly [number, number, number];
const [RED, BLUE, GREEN]: Rgb[] = [
  [1, 0, 0],
  [0, 0, 1],
  [0, 1, 0],
];
const [WHITE, BLACK]: Rgb[] = [
  [1, 1, 1],
  [0, 0, 0],
];

/** A picture whose colour at each place is what the function says. */
function drawn(width: number, height: number, color: (x: number, y: number) => Rgb): Picture {
  const data = new Float32Array(3 * width * height);
  for (let i = 0; i < width * height; i++) {
    color(i % width, Math.floor(i / width)).forEach((value, c) => {
      data[c * width * height + i] = value;
    });
  }
  return { width, height, data };
}

/** One colour on the left, another on the right. */
const halves = (size: { width: number; height: number }, left: Rgb, right: Rgb) =>
  drawn(size.width, size.height, (x) => (x < size.width / 2 ? left : right));
const flat = (size: { width: number; height: number }, color: Rgb) =>
  drawn(size.width, size.height, () => color);

const guide = (masks: RegionMasks): { guide: Guide } => ({
  guide: guideBy(
    masks,
    masks.styles.map(() => 1 / masks.styles.length),
  ),
});

/** The mean of a channel over a part of the picture. */
function mean({ width, height, data }: Picture, channel: number, inside: (x: number) => boolean): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < width * height; i++) {
    if (!inside(i % width)) continue;
    sum += data[channel * width * height + i] as number;
    count++;
  }
  return sum / count;
}
const LEFT = (x: number) => x < 20;
const RIGHT = (x: number) => x >= 28;

describe('regions', () => {
  // A warm style and a cold one, of the same pattern.
  const pattern = image(5, 40, 40);
  const tinted = (tint: Rgb): Picture => ({
    width: 40,
    height: 40,
    data: pattern.map((value, i) => value * (tint[Math.floor(i / 1600)] as number)),
  });
  const [warm, cold] = [tinted([1, 0.4, 0.1]), tinted([0.1, 0.4, 1])];

  it('of one colour everywhere are as none at all', async () => {
    const masks = { content: flat(content, RED as Rgb), styles: [flat(style, RED as Rgb)] };
    const [guided, plain] = [await painting({}, guide(masks)), await painting()];
    const farthest = Math.max(...plain.data.map((value, i) => Math.abs(value - (guided.data[i] as number))));
    expect(farthest).toBeLessThan(0.01);
  });

  it('are painted in the style of the same colour', async () => {
    const styles = [warm, cold];
    const sides = halves(content, RED as Rgb, BLUE as Rgb);
    const found = await painting(
      {},
      { styles, ...guide({ content: sides, styles: ['#ff0000', '#0000ff'] }) },
    );
    const swapped = await painting(
      {},
      { styles, ...guide({ content: sides, styles: ['#0000ff', '#ff0000'] }) },
    );
    for (const inside of [LEFT, RIGHT]) {
      const warmth = (picture: Picture) => mean(picture, 0, inside) - mean(picture, 2, inside);
      const sign = inside === LEFT ? 1 : -1;
      expect(sign * (warmth(found) - warmth(swapped))).toBeGreaterThan(0.1);
    }
  });

  it('take parts of one style', async () => {
    const both: Picture = drawn(40, 40, (x, y) => {
      const from = x < 20 ? warm : cold;
      return [0, 1, 2].map((c) => from.data[c * 1600 + y * 40 + x]) as unknown as Rgb;
    });
    const mask = halves(both, RED as Rgb, BLUE as Rgb);
    const paint = (left: Rgb, right: Rgb) =>
      painting({}, { styles: [both], ...guide({ content: halves(content, left, right), styles: [mask] }) });
    const [found, swapped] = [await paint(RED as Rgb, BLUE as Rgb), await paint(BLUE as Rgb, RED as Rgb)];
    const warmth = (picture: Picture) => mean(picture, 0, LEFT) - mean(picture, 2, LEFT);
    expect(warmth(found) - warmth(swapped)).toBeGreaterThan(0.1);
  });

  it('take a style without regions where no style has their colour', async () => {
    const masks = { content: halves(content, RED as Rgb, GREEN as Rgb), styles: ['#ff0000', undefined] };
    const both = guide(masks).guide;
    expect(both.painted).toBeUndefined();
    expect(both.regions.map(({ sources }) => sources.map(({ style }) => style))).toEqual([[0], [1]]);
  });

  it('are left as they were where no style is for them', async () => {
    const masks = { content: halves(content, RED as Rgb, GREEN as Rgb), styles: ['#ff0000'] };
    const found = await painting({ init: 'noise' }, guide(masks));
    expectLeft(found, RIGHT);
    expect(mean(difference(found), 0, LEFT)).toBeGreaterThan(0.01);
  });

  it('of black are left as they were, where white is painted', async () => {
    for (const color of ['style', 'content', 'match'] as const) {
      const masks = { content: halves(content, WHITE as Rgb, BLACK as Rgb), styles: [undefined] };
      const found = await painting({ color }, guide(masks));
      expectLeft(found, (x) => x >= 24);
      expect(mean(difference(found), 0, LEFT)).toBeGreaterThan(0.005);
    }
  });

  it('know their colours through compression and smooth edges', () => {
    const soft = drawn(64, 32, (x, y) => {
      const part = Math.min(Math.max((x - 30) / 4, 0), 1);
      const grain = 0.04 * Math.sin(x * 7 + y * 3);
      return [1 - part + grain, grain, part + grain].map((v) =>
        Math.min(Math.max(v, 0), 1),
      ) as unknown as Rgb;
    });
    const { regions } = guideBy({ content: soft, styles: ['#ff0000', '#0000ff'] }, [0.5, 0.5]);
    expect(regions.length).toBe(2);
    for (const { part } of regions) expect(Math.abs(part - 0.5)).toBeLessThan(0.05);
  });

  function difference(picture: Picture): Picture {
    return {
      ...picture,
      data: picture.data.map((value, i) => Math.abs(value - (content.data[i] as number))),
    };
  }

  function expectLeft(picture: Picture, inside: (x: number) => boolean): void {
    for (const channel of [0, 1, 2]) {
      expect(mean(difference(picture), channel, inside)).toBeLessThan(1e-6);
    }
  }
});

describe('regions that make no sense', () => {
  const bad = (masks: Partial<RegionMasks>) => () =>
    guideBy({ content: halves(content, RED as Rgb, BLUE as Rgb), styles: [undefined], ...masks }, [1]);

  it('are refused in a sentence', () => {
    expect(bad({})).toThrow(/^The content's mask has colours, and nothing says which style/);
    expect(bad({ content: flat(content, BLACK as Rgb) })).toThrow(/all black, which leaves nothing to paint/);
    expect(bad({ styles: ['#00ff00'] })).toThrow(
      /no colour in common: the content has #ff0000, #0000ff, and the style #00ff00\./,
    );
    const shaded = drawn(48, 32, (x, y) => [(x % 6) / 5, (y % 6) / 5, ((x + y) % 5) / 4]);
    expect(bad({ content: shaded, styles: ['#00ff00'] })).toThrow(/has more than 16 colours/);
    const values = noise(3, 3 * 48 * 32);
    const noisy = drawn(
      48,
      32,
      (x, y) => [0, 1, 2].map((c) => Math.abs(values[3 * (48 * y + x) + c] as number)) as unknown as Rgb,
    );
    expect(bad({ content: noisy, styles: ['#00ff00'] })).toThrow(/has more than 16 colours/);
  });

  it('are refused by the command before any work', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'regions-'));
    const file = async (name: string, picture: Picture) => {
      const { width, height, data } = picture;
      const bytes = Buffer.from(
        Array.from({ length: 3 * width * height }, (_, i) =>
          Math.round(255 * (data[(i % 3) * width * height + Math.floor(i / 3)] as number)),
        ),
      );
      const path = join(folder, name);
      await writeFile(
        path,
        await sharp(bytes, { raw: { width, height, channels: 3 } })
          .png()
          .toBuffer(),
      );
      return path;
    };
    const town = await file('town.png', content);
    const swirls = await file('swirls.png', style);
    const tall = await file('tall.png', flat({ width: 20, height: 60 }, RED as Rgb));
    const mask = await file('mask.png', halves(content, RED as Rgb, BLUE as Rgb));
    const run = (...more: string[]) =>
      velatura(['paint', town, '--style', swirls, '--size', '32', ...more], { cwd: folder });
    const cases: [string[], RegExp][] = [
      [['--content-regions', tall], /The content's mask must have the proportions of .* not 20x60\./],
      [['--style-regions', mask], /say nothing without one of the content/],
      [['--content-regions', mask, '--style-regions', '#ff0000', mask], /2 masks for 1 style;/],
      [['--content-regions', mask, '--style-regions', 'gone.png'], /gone\.png/],
      [['--content-regions', mask, '-o', mask], /would be overwritten/],
      [[town, '--content-regions', mask, '-o', `${folder}/`], /belong to one content/],
    ];
    for (const [words, message] of cases) {
      const { code, stderr } = await run(...words);
      expect(stderr).toMatch(message);
      expect(stderr.trim()).not.toContain('\n');
      expect(code).toBe(2);
    }
  });
});

describe.each(Object.keys(styleLosses) as StyleLossName[])('the style loss %s with shares', (name) => {
  const statistics = (x: Tensor, shares?: Tensor) => styleStatisticsOf(styleLosses[name], x, shares);
  const loss = (x: Tensor, target: Statistics, shares?: Tensor) =>
    styleDistance(styleLosses[name], x, target, shares);
  const shape = [1, 6, 5, 8];
  const maps = (seed: number) => Float32Array.from(noise(seed, elements(shape)), (v) => Math.max(v + 0.3, 0));

  it('sees what is in the region and nothing else', async () => {
    // The left half of one picture is all of another.
    const left = Float32Array.from({ length: 40 }, (_, i) => (i % 8 < 4 ? 1 / 20 : 0));
    const half = [1, 6, 5, 4];
    const cut = Float32Array.from({ length: elements(half) }, (_, i) => {
      const [row, x] = [Math.floor(i / 4), i % 4];
      return maps(3)[row * 8 + x] as number;
    });
    const found = await runOnce(
      engine,
      {
        ...statistics(constant(maps(3), shape), constant(left, [1, 40])),
        ...Object.fromEntries(
          Object.entries(statistics(constant(cut, half))).map(([key, x]) => [`cut ${key}`, x]),
        ),
      },
      {},
    );
    for (const key of Object.keys(found).filter((key) => !key.startsWith('cut '))) {
      const [a, b] = [found[key], found[`cut ${key}`]] as [Float32Array, Float32Array];
      const largest = Math.max(...b.map(Math.abs));
      a.forEach((value, i) => {
        expect(Math.abs(value - (b[i] as number))).toBeLessThan(2e-3 * largest);
      });
    }
  });

  it('has a gradient that agrees with central differences', async () => {
    const raw = Float32Array.from(noise(11, 40), Math.abs);
    const sum = raw.reduce((a, b) => a + b, 0);
    const shares = constant(
      raw.map((value) => value / sum),
      [1, 40],
    );
    const x = input('x', shape);
    const y = loss(x, statistics(constant(maps(3), shape)), shares);
    const [dx] = gradient(y, [x]) as [Tensor];
    const program = await engine.compile(serialize({ y, dx }));
    const at = maps(4).map((value) => value + 0.05);
    const analytic = (await program.run({ x: at }, ['dx'])).dx as Float32Array;
    const largest = Math.max(...analytic.map(Math.abs));
    for (const place of [0, 50, 100, 200]) {
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
