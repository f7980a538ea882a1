import { objective, pictureFeatures, runOnce, styleStatistics, vgg, type WeightTensor } from 'velatura';
import { describe, expect, it } from 'vitest';
import reference from './fixtures/gatys-small-vgg.json' with { type: 'json' };
import { every, image, noise, norm, relativeError } from './support/reference.ts';
import { testEngine } from './support/run.ts';

/** The widths of VGG-19 divided by eight, and He-scaled noise for weights, one stream for all of them. */
const architecture = vgg('vgg19-narrow', 'VGG-19, narrow', [2, 2, 4, 4, 4], [8, 16, 32, 64, 64]);
const weights = new Map<string, WeightTensor>();
let next = 1;
const stream = (count: number, factor: number) => {
  const values = Float32Array.from(noise(next, count), (value) => value * factor);
  next += count;
  return values;
};
for (const { name, in: channels, out } of architecture.convolutions) {
  const data = stream(out * channels * 9, Math.sqrt(6 / (9 * channels)));
  weights.set(`${name}.weight`, { shape: [out, channels, 3, 3], data });
  weights.set(`${name}.bias`, { shape: [out], data: stream(out, 0.05) });
}

const network = { architecture, weights };
const content = { width: 67, height: 50, data: image(1, 50, 67) };
const style = { width: 44, height: 61, data: image(2, 61, 44) };
const picture = image(3, 50, 67);

describe.each(reference.cases)('Gatys et al. with $pool pooling and content at $contentLayer', (expected) => {
  const engine = testEngine();
  const pooling = expected.pool as 'max' | 'avg';
  const view = {
    network,
    pooling,
    margin: 0,
    projection: 1,
    styleLoss: 'gram' as const,
    edges: 'mirror' as const,
  };
  const contentTaps = { [expected.contentLayer]: 1 };
  const styleTaps = Object.fromEntries(expected.styleLayers.map((tap) => [tap, 1]));
  const size = { width: content.width, height: content.height };

  it('gives the reference losses and pixel gradient', async () => {
    const statistics = await runOnce(
      engine,
      styleStatistics({ ...view, width: style.width, height: style.height }, expected.styleLayers),
      { picture: style.data },
    );
    const tap = architecture.taps.find(({ name }) => name === expected.contentLayer);
    const outputs = objective({
      ...view,
      ...size,
      contentTaps,
      styleTaps,
      losses: 'classic',
      soft: false,
      // The reference halves the sum of squares where the graph takes their mean.
      contentWeight: (expected.weights.content * positions(tap?.stride ?? 0) * (tap?.channels ?? 0)) / 2,
      styleWeight: expected.weights.style,
      tvWeight: expected.weights.tv,
    });
    const maps = await runOnce(engine, pictureFeatures({ ...view, ...size }, [expected.contentLayer]), {
      picture: content.data,
    });
    const target = maps[`features ${expected.contentLayer}`] as Float32Array;
    const found = await runOnce(engine, outputs, {
      start: new Float32Array(picture.length),
      change: picture,
      ...statistics,
      [`content ${expected.contentLayer}`]: target,
    });

    expect(
      relativeError([(found.content?.[0] ?? 0) * (target.length / 2)], [expected.contentLoss]),
    ).toBeLessThan(1e-3);
    expect(relativeError(found.style ?? [], [expected.styleLoss])).toBeLessThan(1e-3);
    expect(relativeError(found.tv ?? [], [expected.tvLoss])).toBeLessThan(1e-3);
    expect(relativeError(found.total ?? [], [expected.total])).toBeLessThan(1e-3);
    const gradient = found.gradient as Float32Array;
    expect(relativeError([norm(gradient)], [expected.gradient.norm])).toBeLessThan(1e-3);
    expect(relativeError(every(37, gradient), expected.gradient.every37)).toBeLessThan(1e-3);
  });
});

/** Positions of a map of that stride over the content picture. */
function positions(stride: number): number {
  return Math.floor(content.width / stride) * Math.floor(content.height / stride);
}
