import {
  architectureNamed,
  luminance,
  matchColors,
  matchLuminance,
  type Picture,
  preparePainting,
  recolor,
  resolveSettings,
  type Settings,
  type StyleLossName,
  styleLosses,
  weightsOf,
} from 'velatura';
import { describe, expect, it } from 'vitest';
import { image } from './support/reference.ts';
import { testEngine } from './support/run.ts';
import { content, style, tinyPainter } from './support/tiny.ts';

const engine = testEngine();
const { painting, steps } = tinyPainter(engine, {
  scales: [32, 48],
  steps: [8, 6],
  contentTaps: { block3_conv1: 1 },
  styleTaps: { block1_conv1: 1, block2_conv1: 1, block3_conv1: 1 },
});
const other: Picture = { width: 44, height: 36, data: image(9, 36, 44) };

const distance = (a: Picture, b: Picture) =>
  Math.sqrt(a.data.reduce((sum, value, i) => sum + (value - (b.data[i] as number)) ** 2, 0));

describe('several styles', () => {
  const styles = [style, other];

  it('count for their parts, from the one alone to the other alone', async () => {
    const [first, second] = [await painting(), await painting({}, { styles: [other] })];
    expect((await painting({ styleMix: [1, 0] }, { styles })).data).toEqual(first.data);
    expect((await painting({ styleMix: [0, 3] }, { styles })).data).toEqual(second.data);
    const mostlyFirst = await painting({ styleMix: [0.9, 0.1] }, { styles });
    const mostlySecond = await painting({ styleMix: [0.1, 0.9] }, { styles });
    expect(distance(mostlyFirst, first)).toBeLessThan(distance(mostlyFirst, second));
    expect(distance(mostlySecond, second)).toBeLessThan(distance(mostlySecond, first));
  });

  it('count alike where nothing is said', async () => {
    const mixed = await painting({ styleMix: [2, 2] }, { styles });
    expect((await painting({}, { styles })).data).toEqual(mixed.data);
  });

  it('need a part each', async () => {
    await expect(painting({ styleMix: [1, 1] })).rejects.toThrow(
      'styleMix has 2 numbers for 1 style; give one for each.',
    );
    const missing = preparePainting(pixel, { style: [], engine });
    await expect(missing).rejects.toThrow('There must be at least one style.');
    const few = preparePainting(pixel, { style: [pixel, pixel], styleMix: [1], size: 32, engine });
    await expect(few).rejects.toThrow('styleMix has 1 number for 2 styles; give one for each.');
  });
});

/** A picture as it comes from other code. */
const pixel: Picture = { width: 64, height: 64, data: new Float32Array(3 * 64 * 64).fill(0.5) };

describe('the scale of the style', () => {
  it('is that of the style pictures against the painting', async () => {
    const half: Picture = { ...style, width: 20, height: 20, data: image(5, 20, 20) };
    // A style of half the size that is not scaled is what one of the whole size scaled by a half is, if it is smooth.
    const flat: Picture = { width: 40, height: 40, data: new Float32Array(3 * 1600).fill(0.3) };
    const small: Picture = { width: 20, height: 20, data: new Float32Array(3 * 400).fill(0.3) };
    expect((await painting({ styleScale: 0.5 })).data).not.toEqual((await painting()).data);
    expect(
      distance(await painting({ styleScale: 0.5 }), await painting({}, { styles: [half] })),
    ).toBeGreaterThan(0);
    const found = await painting({ styleScale: 0.5 }, { styles: [flat] });
    expect(distance(found, await painting({ styleScale: 0.5 }, { styles: [small] }))).toBeLessThan(1e-3);
  });
});

describe('the strength', () => {
  const settings = (given: Partial<Settings>) => resolveSettings(given, architectureNamed('resnet50'));

  it('leaves the weights alone in the middle, and takes content or style away at its ends', () => {
    const { contentWeight, styleWeight, tvWeight } = settings({});
    expect(weightsOf(settings({ strength: 0.5 }))).toEqual({ contentWeight, styleWeight, tvWeight });
    expect(weightsOf(settings({ strength: 0 }))).toMatchObject({ styleWeight: 0, tvWeight: 0 });
    expect(weightsOf(settings({ strength: 1 }))).toMatchObject({ contentWeight: 0 });
  });

  it('goes from the content as it is further and further away', async () => {
    const away: number[] = [];
    for (const strength of [0, 0.25, 0.5, 0.75, 1])
      away.push(distance(await painting({ strength }), content));
    expect(away[0]).toBeLessThan(1e-3);
    expect(away).toEqual([...away].sort((a, b) => a - b));
    expect(new Set(away).size).toBe(5);
  });

  it('with nothing left to paint by is refused', () => {
    expect(() => settings({ strength: 1, styleWeight: 0 })).toThrow(/nothing to paint by/);
    expect(() => settings({ strength: 1.5 })).toThrow('strength must be at most 1, not 1.5.');
  });
});

describe.each(Object.keys(styleLosses) as StyleLossName[])('the style loss %s', (styleLoss) => {
  it('is brought down, and mixes styles from the one alone to the other alone', async () => {
    const short = { styleLoss, scales: [32], steps: [6] };
    const done = await steps(short);
    const [first, last] = [done[0], done.at(-1)].map((step) => step?.loss.style as number);
    expect(last).toBeLessThan(0.9 * (first as number));
    const styles = [style, other];
    const alone = await painting(short, { styles: [other] });
    expect((await painting({ ...short, styleMix: [0, 2] }, { styles })).data).toEqual(alone.data);
    const mixed = await painting(short, { styles });
    expect(mixed.data).not.toEqual(alone.data);
    expect(mixed.data.every(Number.isFinite)).toBe(true);
  });

  it('is one of those there are, and the classic losses have gram alone', () => {
    const settings = (given: object) => resolveSettings(given, architectureNamed('vgg19'));
    expect(settings({ styleLoss }).styleLoss).toBe(styleLoss);
    const classic = () => settings({ preset: 'classic', styleLoss });
    if (styleLoss === 'gram') expect(classic().styleLoss).toBe('gram');
    else expect(classic).toThrow(`The classic losses have no style loss but gram, not ${styleLoss};`);
    expect(() => settings({ styleLoss: 'sorted' })).toThrow(
      'styleLoss must be gram, moments, wasserstein or histogram, not "sorted".',
    );
  });
});

describe('sets of style taps', () => {
  const taps = (styleTaps: Record<string, number>, network = 'resnet50') =>
    resolveSettings({ styleTaps }, architectureNamed(network)).styleTaps;

  it('stand for their taps, which can be mixed with others', () => {
    const usual = resolveSettings({}, architectureNamed('resnet50')).styleTaps;
    expect(taps({ balanced: 1 })).toEqual(usual);
    const fine = taps({ fine: 1 });
    expect(Object.keys(fine)).not.toEqual(Object.keys(usual));
    expect(taps({ fine: 2, '4f': 3 })).toEqual({
      ...Object.fromEntries(Object.keys(fine).map((tap) => [tap, 2])),
      '4f': 3,
    });
    expect(taps({ bold: 1, conv1: 1 }).conv1).toBe((taps({ bold: 1 }).conv1 ?? 0) + 1);
  });

  it('are there for each network', () => {
    for (const network of ['vgg19', 'vgg16']) {
      for (const set of ['fine', 'balanced', 'bold']) {
        expect(Object.keys(taps({ [set]: 1 }, network)).every((tap) => tap.startsWith('block'))).toBe(true);
      }
    }
    expect(() => taps({ coarse: 1 })).toThrow(/^resnet50 has no tap "coarse"/);
  });
});

describe('the colours', () => {
  /** Mean, and covariance by rows. */
  function distribution({ data }: Picture) {
    const area = data.length / 3;
    const at = (c: number, i: number) => data[c * area + i] as number;
    const sum = (f: (i: number) => number) =>
      Array.from({ length: area }, (_, i) => f(i)).reduce((a, b) => a + b, 0);
    const mean = [0, 1, 2].map((c) => sum((i) => at(c, i)) / area);
    const covariance = [0, 1, 2].flatMap((a) =>
      [0, 1, 2].map(
        (b) => sum((i) => (at(a, i) - (mean[a] as number)) * (at(b, i) - (mean[b] as number))) / area,
      ),
    );
    return { mean, covariance };
  }
  /** Waves in the middle of the range, so that nothing is cut off at its ends. */
  const waves = (width: number, height: number, mix: number[][], middle: number[]): Picture => {
    const area = width * height;
    const data = Float32Array.from({ length: 3 * area }, (_, i) => {
      const [c, at] = [Math.floor(i / area), i % area];
      const sources = [Math.sin(at * 0.37), Math.cos(at * 0.11), Math.sin(at * 0.053 + 1)];
      return (middle[c] as number) + sources.reduce((sum, s, k) => sum + s * (mix[c]?.[k] as number), 0);
    });
    return { width, height, data };
  };
  const red = waves(
    30,
    20,
    [
      [0.1, 0, 0.05],
      [0.02, 0.06, 0],
      [0, 0.01, 0.04],
    ],
    [0.6, 0.4, 0.45],
  );
  const blue = waves(
    24,
    28,
    [
      [0.02, 0.01, 0],
      [0.05, 0.02, 0.03],
      [-0.04, 0.05, 0.02],
    ],
    [0.4, 0.5, 0.6],
  );

  it('of one picture can be given the mean and covariance of another', () => {
    const found = distribution(matchColors(red, blue));
    const wanted = distribution(blue);
    found.mean.forEach((value, i) => void expect(value).toBeCloseTo(wanted.mean[i] as number, 4));
    found.covariance.forEach((value, i) => void expect(value).toBeCloseTo(wanted.covariance[i] as number, 5));
  });

  it('of a picture like itself stay as they are, and grey pictures have no trouble', () => {
    const same = matchColors(red, red);
    expect(Math.max(...same.data.map((value, i) => Math.abs(value - (red.data[i] as number))))).toBeLessThan(
      1e-4,
    );
    const grey = { ...red, data: red.data.map((_, i) => red.data[i % 600] as number) };
    expect(matchColors(grey, blue).data.every(Number.isFinite)).toBe(true);
    const flat = { ...red, data: new Float32Array(1800).fill(0.5) };
    expect(matchColors(flat, blue).data.every(Number.isFinite)).toBe(true);
    expect(matchLuminance(flat, blue).data.every(Number.isFinite)).toBe(true);
  });

  it('and brightness come apart and together again', () => {
    const { mean } = distribution(matchLuminance(red, blue));
    const wanted = luminance(blue).reduce((a, b) => a + b, 0) / (24 * 28);
    expect(mean[0]).toBeCloseTo(wanted, 4);
    const brighter = { ...red, data: red.data.map((value) => value + 0.05) };
    const found = recolor(brighter, red);
    expect(distance(found, brighter)).toBeLessThan(1e-3);
  });

  it('can stay those of the content', async () => {
    const kept = await painting({ color: 'content' }, { content: red });
    const free = await painting({}, { content: red });
    // What is left of a colour beside its brightness: the same as in the content, at the same place.
    const chroma = ({ data, width, height }: Picture) => {
      const area = width * height;
      return [0, 1].flatMap((c) =>
        Array.from(
          { length: area },
          (_, i) => (data[c * area + i] as number) - (data[(c + 1) * area + i] as number),
        ),
      );
    };
    const size = { width: kept.width, height: kept.height };
    const wanted = chroma(await painting({ color: 'content', strength: 0 }, { content: red }));
    const error = (found: Picture) =>
      chroma({ ...found, ...size }).reduce(
        (sum, value, i) => sum + Math.abs(value - (wanted[i] as number)),
        0,
      ) / wanted.length;
    expect(error(kept)).toBeLessThan(0.02);
    expect(error(free)).toBeGreaterThan(2 * error(kept));
    expect(distance(kept, free)).toBeGreaterThan(0.1);
  });

  it('of the style can be moved to the content first', async () => {
    const styles = [blue];
    const matched = await painting({ color: 'match' }, { content: red, styles });
    const moved = await painting({}, { content: red, styles: [matchColors(blue, red)] });
    expect(matched.data).toEqual(moved.data);
    expect(matched.data).not.toEqual((await painting({}, { content: red, styles })).data);
  });
});
