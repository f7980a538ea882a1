import { loadModel, objective, resnet50, runOnce, serialize, styleStatistics } from 'velatura';
import { beforeAll, describe, expect, it } from 'vitest';
import reference from './fixtures/resnet50.json' with { type: 'json' };
import { every, image, norm, relativeError } from './support/reference.ts';
import { testEngine } from './support/run.ts';

const content = image(1, 96, 128);
const style = image(2, 80, 112);
const picture = image(3, 96, 128);
const styleTaps = Object.fromEntries(reference.taps.map((tap) => [tap, 1]));
const allTaps = resnet50.taps.map(({ name }) => name);

describe('ResNet-50 with its ImageNet weights', () => {
  const engine = testEngine();
  let weights: Awaited<ReturnType<typeof loadModel>>['weights'];
  beforeAll(async () => {
    ({ weights } = await loadModel('resnet50'));
  }, 300_000);
  const view = () => ({
    network: { architecture: resnet50, weights },
    pooling: 'max' as const,
    margin: 0,
    projection: 1,
    styleLoss: 'gram' as const,
    edges: 'mirror' as const,
  });
  const options = () => ({
    ...view(),
    width: 128,
    height: 96,
    contentTaps: { [reference.contentTap]: 1 },
    styleTaps,
    contentWeight: 0.01,
    styleWeight: 1,
    tvWeight: 0,
    losses: 'relative' as const,
    soft: false,
  });
  const blank = (length: number) => new Float32Array(length);

  it('gives the reference feature maps at every tap', async () => {
    const outputs = objective({
      ...options(),
      contentTaps: Object.fromEntries(allTaps.map((tap) => [tap, 1])),
    });
    const targets = allTaps.map((tap) => [`content ${tap}`, blank(size(outputs[`features ${tap}`]?.shape))]);
    const grams = reference.taps.map((tap) => [`style ${tap}`, blank(channels(tap) ** 2)]);
    const found = await runOnce(engine, outputs, {
      start: picture,
      change: blank(picture.length),
      ...Object.fromEntries([...targets, ...grams]),
    });
    expect(Object.keys(reference.features)).toEqual(allTaps);
    for (const [tap, expected] of Object.entries(reference.features)) {
      const features = found[`features ${tap}`] as Float32Array;
      expect(outputs[`features ${tap}`]?.shape, tap).toEqual(expected.shape);
      expect(relativeError([norm(features)], [expected.norm]), tap).toBeLessThan(1e-3);
      expect(relativeError(every(expected.every, features).slice(0, 16), expected.samples), tap).toBeLessThan(
        1e-3,
      );
    }
  });

  it('gives the reference losses and pixel gradient', async () => {
    const statistics = await runOnce(
      engine,
      styleStatistics({ ...view(), width: 112, height: 80 }, reference.taps),
      {
        picture: style,
      },
    );
    const outputs = objective(options());
    const tap = reference.contentTap;
    const program = await engine.compile(serialize(outputs));
    const target = blank(size(outputs[`features ${tap}`]?.shape));
    const feeds = {
      start: content,
      change: blank(content.length),
      ...statistics,
      [`content ${tap}`]: target,
    };
    const maps = await program.run(feeds, [`features ${tap}`]);
    const found = await program.run(
      { start: picture, [`content ${tap}`]: maps[`features ${tap}`] as Float32Array },
      ['content', 'style', 'total', 'gradient'],
    );
    await program.release();
    const gradient = found.gradient as Float32Array;
    expect(relativeError(found.content ?? [], [reference.contentLoss])).toBeLessThan(1e-3);
    expect(relativeError(found.style ?? [], [reference.styleLoss])).toBeLessThan(1e-3);
    expect(relativeError(found.total ?? [], [reference.total])).toBeLessThan(1e-3);
    expect(relativeError([norm(gradient)], [reference.gradient.norm])).toBeLessThan(1e-3);
    expect(relativeError(every(199, gradient), reference.gradient.every199)).toBeLessThan(1e-3);
  });
});

function size(shape: readonly number[] = []): number {
  return shape.reduce((a, b) => a * b, 1);
}

function channels(tap: string): number {
  return resnet50.taps.find(({ name }) => name === tap)?.channels ?? 0;
}
