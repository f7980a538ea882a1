import { loadModel, objective, pictureFeatures, resnet50, runOnce, styleStatistics } from 'velatura';
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

  it('gives the reference feature maps at every tap', async () => {
    const outputs = pictureFeatures({ ...view(), width: 128, height: 96 }, allTaps);
    const found = await runOnce(engine, outputs, { picture });
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
    const tap = reference.contentTap;
    const { [`features ${tap}`]: target } = await runOnce(
      engine,
      pictureFeatures({ ...view(), width: 128, height: 96 }, [tap]),
      { picture: content },
    );
    const found = await runOnce(engine, objective(options()), {
      start: picture,
      change: new Float32Array(picture.length),
      ...statistics,
      [`content ${tap}`]: target as Float32Array,
    });
    const gradient = found.gradient as Float32Array;
    expect(relativeError(found.content ?? [], [reference.contentLoss])).toBeLessThan(1e-3);
    expect(relativeError(found.style ?? [], [reference.styleLoss])).toBeLessThan(1e-3);
    expect(relativeError(found.total ?? [], [reference.total])).toBeLessThan(1e-3);
    expect(relativeError([norm(gradient)], [reference.gradient.norm])).toBeLessThan(1e-3);
    expect(relativeError(every(199, gradient), reference.gradient.every199)).toBeLessThan(1e-3);
  });
});
