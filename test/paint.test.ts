import {
  architectureNamed,
  type Engine,
  type Picture,
  paintPicture,
  resolveSettings,
  type Settings,
  type Step,
  UserError,
} from 'velatura';
import { describe, expect, it } from 'vitest';
import { testEngine } from './support/run.ts';
import { architecture, content, network, style, tinyPainter } from './support/tiny.ts';

const engine = testEngine();

const small: Partial<Settings> = {
  scales: [32, 48],
  steps: [12, 8],
  contentTaps: { block3_conv1: 1 },
  styleTaps: { block1_conv1: 1, block2_conv1: 1, block3_conv1: 1 },
};

const { steps, painting } = tinyPainter(engine, small);

describe('painting', () => {
  it('goes through the scales and steps, and ends at the size asked for', async () => {
    const all = await steps();
    expect(all.map(({ scale, step, steps: of }) => [scale, step, of])).toEqual([
      ...Array.from({ length: 12 }, (_, i) => [32, i + 1, 12]),
      ...Array.from({ length: 8 }, (_, i) => [48, i + 1, 8]),
    ]);
    const { picture } = all.at(-1) as Step;
    expect([picture.width, picture.height, picture.data.length]).toEqual([48, 32, 3 * 48 * 32]);
    expect(picture.data.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(all[0]?.picture.width).toBe(32);
  });

  it.each(['lbfgs', 'adam'] as const)(
    'lowers the loss with %s, and never lets it rise within a scale',
    async (optimizer) => {
      const all = await steps({ optimizer });
      for (const scale of [32, 48]) {
        const totals = all.filter((step) => step.scale === scale).map(({ loss }) => loss.total);
        expect(totals.at(-1)).toBeLessThan(0.8 * (totals[0] as number));
        for (const [i, total] of totals.entries()) expect(total).toBeLessThanOrEqual(totals[i - 1] ?? total);
      }
      const { loss } = all.at(-1) as Step;
      expect(loss.content + loss.style + loss.tv).toBeCloseTo(loss.total, 6);
    },
  );

  it('gives the same pixels for the same seed, and others for another', async () => {
    const first = await painting({ init: 'noise', seed: 4 });
    expect((await painting({ init: 'noise', seed: 4 })).data).toEqual(first.data);
    expect((await painting({ init: 'noise', seed: 5 })).data).not.toEqual(first.data);
  });

  it('starts from the content, the style, noise or a given picture', async () => {
    const once = { scales: [48], steps: [1] };
    const black = { width: 24, height: 16, data: new Float32Array(3 * 24 * 16) };
    expect((await painting({ ...once, init: 'content' })).data).toEqual(content.data);
    expect(
      (await painting({ ...once, init: 'start.png' }, { start: black })).data.every((v) => v === 0),
    ).toBe(true);
    expect((await painting(once, { start: black })).data.every((v) => v === 0)).toBe(true);
    const fromStyle = await painting({ ...once, init: 'style' });
    const fromNoise = await painting({ ...once, init: 'noise' });
    expect([fromStyle.width, fromStyle.height]).toEqual([48, 32]);
    expect(fromStyle.data).not.toEqual(fromNoise.data);
    await expect(painting({ ...once, init: 'start.png' })).rejects.toThrow(/"start.png" .* was not given/);
  });

  it('has the detail of the picture that it starts from again at each scale', async () => {
    // Where the start is what is aimed at, nothing moves, and only what is lost between the scales could show.
    const still = { styleWeight: 0, tvWeight: 0 };
    expect((await painting(still, { start: content })).data).toEqual(content.data);
  });

  it('keeps the content with a large content weight, and leaves it with a small one', async () => {
    const distance = (a: Picture) =>
      a.data.reduce((sum, v, i) => sum + (v - (content.data[i] as number)) ** 2, 0);
    const faithful = await painting({ contentWeight: 1000 });
    const free = await painting({ contentWeight: 0.001 });
    expect(distance(faithful)).toBeLessThan(0.5 * distance(free));
  });

  it('is smoother with a larger total variation weight', async () => {
    const roughness = ({ data }: Picture) =>
      data.reduce((sum, v, i) => sum + (v - (data[i + 1] ?? v)) ** 2, 0);
    const smooth = await painting({ tvWeight: 50, init: 'noise' });
    expect(roughness(smooth)).toBeLessThan(0.5 * roughness(await painting({ tvWeight: 0, init: 'noise' })));
  });

  it('changes with each setting that is for the pictures', async () => {
    const usual = (await painting()).data;
    const others: Partial<Settings>[] = [
      { pooling: 'avg' },
      { losses: 'classic' },
      { margin: 0 },
      { soft: false },
      { styleTaps: { block1_conv1: 1 } },
      { styleTaps: { block1_conv1: 1, block2_conv1: 5, block3_conv1: 1 } },
      { contentTaps: { block2_conv1: 1 } },
      { styleWeight: 3 },
    ];
    for (const other of others)
      expect((await painting(other)).data, JSON.stringify(other)).not.toEqual(usual);
  });

  it('carries transparency through', async () => {
    const alpha = Float32Array.from({ length: 48 * 32 }, (_, i) => (i % 48 < 24 ? 0 : 1));
    const found = await painting({}, { content: { ...content, alpha } });
    expect(found.alpha).toEqual(alpha);
  });

  it('leaves no frame: the edge of a flat picture comes out as light as its middle', async () => {
    const side = 48;
    const flat = (level: number): Picture => ({
      width: side,
      height: side,
      data: new Float32Array(3 * side * side).fill(level),
    });
    const edgeLighterBy = async (margin: number) => {
      const settings = resolveSettings({ ...small, margin, contentWeight: 0.001, tvWeight: 0 }, architecture);
      let last: Step | undefined;
      for await (last of paintPicture(
        { content: flat(0.8), styles: [flat(0.4)], network, settings },
        engine,
      ));
      const { data } = (last as Step).picture;
      const border = (i: number) => {
        const x = i % side;
        const y = Math.floor(i / side) % side;
        return Math.min(x, y, side - 1 - x, side - 1 - y);
      };
      const mean = (where: (i: number) => boolean) => {
        const values = data.filter((_, i) => where(i));
        return values.reduce((sum, value) => sum + value, 0) / values.length;
      };
      return mean((i) => border(i) < 2) - mean((i) => border(i) >= 2);
    };
    const seen = Math.abs(await edgeLighterBy(16));
    const unseen = Math.abs(await edgeLighterBy(0));
    expect(seen).toBeLessThan(0.01);
    expect(unseen).toBeGreaterThan(Math.max(0.02, 2 * seen));
  });

  it('stops when the signal aborts, with its reason', async () => {
    const controller = new AbortController();
    const settings = resolveSettings(small, architecture);
    const seen: Step[] = [];
    const run = async () => {
      for await (const step of paintPicture(
        { content, styles: [style], network, settings },
        engine,
        controller.signal,
      )) {
        seen.push(step);
        if (seen.length === 3) controller.abort(new Error('enough'));
      }
    };
    await expect(run()).rejects.toThrow('enough');
    expect(seen.length).toBe(3);
  });

  it('frees its programs also when the caller leaves the loop', async () => {
    let alive = 0;
    const counting: Engine = {
      ...engine,
      compile: async (model, options) => {
        const program = await engine.compile(model, options);
        alive++;
        return {
          ...program,
          release: async () => {
            alive--;
            await program.release();
          },
        };
      },
    };
    const settings = resolveSettings(small, architecture);
    for await (const _ of paintPicture({ content, styles: [style], network, settings }, counting)) break;
    expect(alive).toBe(0);
  });
});

describe('settings', () => {
  it('follow the size with a pyramid that doubles from about 128', () => {
    const scales = (size: number) => resolveSettings({ size }, architectureNamed('resnet50')).scales;
    expect(scales(512)).toEqual([128, 256, 512]);
    expect(scales(448)).toEqual([112, 224, 448]);
    expect(scales(128)).toEqual([128]);
    expect(scales(2048)).toEqual([128, 256, 512, 1024, 2048]);
  });

  it('take what is undefined for not said', () => {
    const usual = resolveSettings({}, architectureNamed('resnet50'));
    expect(
      resolveSettings({ seed: undefined, contentWeight: undefined }, architectureNamed('resnet50')),
    ).toEqual(usual);
  });

  it("know VGG's taps by the paper's names too", () => {
    const { contentTaps, styleTaps } = resolveSettings(
      { contentTaps: { conv4_2: 1 }, styleTaps: { relu1_1: 1, block2_conv1: 1 } },
      architectureNamed('vgg19'),
    );
    expect(contentTaps).toEqual({ block4_conv2: 1 });
    expect(styleTaps).toEqual({ block1_conv1: 1, block2_conv1: 1 });
  });

  it('count a tap that is named by both of its names for both', () => {
    const { styleTaps } = resolveSettings(
      { styleTaps: { block4_conv1: 1, conv4_1: 3 } },
      architectureNamed('vgg19'),
    );
    expect(styleTaps).toEqual({ block4_conv1: 4 });
  });

  it('give the classic preset to a VGG alone', () => {
    const classic = resolveSettings({ preset: 'classic' }, architectureNamed('vgg19'));
    expect(classic).toMatchObject({
      contentTaps: { block5_conv2: 1 },
      pooling: 'max',
      losses: 'classic',
      scales: [512],
    });
    expect(() => resolveSettings({ preset: 'classic' }, architectureNamed('resnet50'))).toThrow(UserError);
  });

  const wrong: [Partial<Settings>, RegExp][] = [
    [{ size: 3 }, /^size must be at least 32 pixels, not 3\.$/],
    [{ size: 1e6 }, /^size must be at most 100000 pixels, not 1000000\.$/],
    [{ size: 99.5 }, /^size must be a whole number of pixels, not 99\.5\.$/],
    [{ size: Number.NaN }, /^size must be a whole number of pixels, not NaN\.$/],
    [{ scales: [256, 128] }, /scales must grow from coarse to fine/],
    [{ scales: [] }, /scales must name at least one size/],
    [{ size: 512, scales: [128, 256] }, /last of the scales 128,256 must be the size 512/],
    [{ steps: [10, 20] }, /steps must be one number, or one for each of the 3 scales, and there are 2/],
    [{ steps: [0] }, /steps must be at least 1/],
    [{ edges: 'wrap', margin: 0 }, /^Edges that wrap need a margin/],
    [{ contentWeight: -1 }, /contentWeight must not be negative, not -1/],
    [{ contentWeight: Number.POSITIVE_INFINITY }, /contentWeight must be a number/],
    [{ contentWeight: 0, styleWeight: 0 }, /nothing to paint by/],
    [{ styleTaps: { '9z': 1 } }, /^resnet50 has no tap "9z"; its taps are conv1, 2a, /],
    [{ styleTaps: {} }, /styleTaps must name at least one tap/],
    [{ styleTaps: { constructor: 1 } }, /^resnet50 has no tap "constructor"/],
    [{ styleTaps: { conv1: 0 } }, /styleTaps must have weights above 0/],
    [{ pooling: 'sum' as 'max' }, /^pooling must be max or avg, not "sum"\.$/],
    [{ optimizer: 'sgd' as 'adam' }, /^optimizer must be lbfgs or adam, not "sgd"\.$/],
    [{ steps: 2 as unknown as number[] }, /^steps must be a list of numbers, not 2\.$/],
    [{ seed: -1 }, /seed must not be negative/],
    [{ brushes: 3 } as Partial<Settings>, /There is no setting "brushes"/],
  ];
  it.each(wrong)('refuse %j in one sentence', (given, message) => {
    const refuse = () => resolveSettings(given, architectureNamed('resnet50'));
    expect(refuse).toThrow(UserError);
    expect(refuse).toThrow(message);
  });

  it('name the networks there are', () => {
    expect(() => architectureNamed('alexnet')).toThrow(
      'There is no network "alexnet"; the networks are resnet50, vgg19 and vgg16.',
    );
  });
});
