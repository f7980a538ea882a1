import {
  add,
  constant,
  conv2d,
  elements,
  featureMaps,
  gradient,
  input,
  memoryOf,
  mul,
  runOnce,
  type Size,
  serialize,
  slice,
  sum,
  type Tensor,
  vgg,
  type WeightTensor,
} from 'velatura';
import { describe, expect, it } from 'vitest';
import { image, noise } from './support/reference.ts';
import { testEngine } from './support/run.ts';

const engine = testEngine();

const values = (seed: number, shape: readonly number[]) =>
  constant(Float32Array.from(noise(seed * 7919 + 1, elements(shape))), shape);

const has = (y: Tensor, operator: string) => Buffer.from(serialize({ y })).includes(operator);
const lengthOf = (x: Float32Array) => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
const apartness = (a: Float32Array = new Float32Array(), b: Float32Array = new Float32Array()) =>
  lengthOf(a.map((value, i) => value - (b[i] as number))) / lengthOf(b);

describe('conv2d of many channels, which are worked out as products of matrices', () => {
  // Half of the channels are too few for that, and go another way.
  const halves = 2;
  const direct = (x: Tensor, weight: Float32Array, bias: Tensor, padding: Padding) => {
    const [out, channels] = [256, 256 / halves];
    const parts = Array.from({ length: halves }, (_, half) => {
      const part = new Float32Array(out * channels * 9);
      for (let o = 0; o < out; o++) {
        const from = (o * halves + half) * channels * 9;
        part.set(weight.subarray(from, from + channels * 9), o * channels * 9);
      }
      const given = slice(x, 1, half * channels, (half + 1) * channels);
      const kernels = constant(part, [out, channels, 3, 3]);
      return conv2d(given, kernels, half === 0 ? bias : undefined, { padding });
    });
    return parts.reduce(add);
  };
  type Padding = number | readonly [number, number, number, number];
  const cases: [width: number, height: number, padding: Padding][] = [
    [32, 32, 1],
    [45, 37, 1],
    [40, 33, 0],
    [38, 41, 2],
    [36, 39, [2, 0, 1, 2]],
  ];

  it.each(cases)(
    'are those of direct convolution: %i by %i, padded by %s',
    async (width, height, padding) => {
      const x = input('x', [1, 256, height, width]);
      const weight = Float32Array.from(noise(3, 256 * 256 * 9));
      const bias = values(5, [256]);
      const found = conv2d(x, constant(weight, [256, 256, 3, 3]), bias, { padding });
      const expected = direct(x, weight, bias, padding);
      expect(found.shape).toEqual(expected.shape);
      const along = values(7, found.shape);
      const [byFound] = gradient(sum(mul(found, along)), [x]) as [Tensor];
      const [byExpected] = gradient(sum(mul(expected, along)), [x]) as [Tensor];
      expect(has(found, 'Transpose')).toBe(true);
      expect(has(expected, 'Transpose')).toBe(false);
      const outputs = { found, expected, byFound, byExpected };
      const all = await runOnce(engine, outputs, { x: Float32Array.from(noise(11, elements(x.shape))) });
      expect(apartness(all.found, all.expected)).toBeLessThan(1e-5);
      expect(apartness(all.byFound, all.byExpected)).toBeLessThan(1e-5);
    },
  );
});

it('says which of its values have shapes that the engine learns only as it runs', () => {
  const memory = (channels: number) =>
    memoryOf({
      y: conv2d(input('x', [1, channels, 32, 32]), values(1, [channels, channels, 3, 3]), undefined, {
        padding: 1,
      }),
    });
  const [few, many] = [memory(64), memory(256)];
  expect(few.open).toBe(0);
  // What goes into the products, and what comes out of them: 36 values for each 16 of a map.
  expect(many.open).toBeGreaterThanOrEqual((2 * 36 * (4 * 256 * 32 * 32)) / 16);
  expect(many.open).toBeLessThanOrEqual(many.values);
});

/** The apartness of two pictures of three planes in each of their squares of 16 pixels. */
function apartnessBySquares(a: Float32Array, b: Float32Array, { width, height }: Size): number[] {
  const columns = Math.ceil(width / 16);
  const squares = columns * Math.ceil(height / 16);
  const [off, all] = [new Float64Array(squares), new Float64Array(squares)];
  for (const [i, value] of b.entries()) {
    const [x, y] = [i % width, Math.floor(i / width) % height];
    const square = columns * Math.floor(y / 16) + Math.floor(x / 16);
    off[square] = (off[square] as number) + ((a[i] as number) - value) ** 2;
    all[square] = (all[square] as number) + value ** 2;
  }
  return Array.from(off, (sum, square) => Math.sqrt(sum / (all[square] as number)));
}

describe('the gradient through a network of such layers', () => {
  const architecture = vgg('wide', 'A VGG with wide layers', [1, 1, 2, 2], [16, 64, 256, 256]);
  const weights = new Map<string, WeightTensor>();
  for (const [i, { name, in: channels, out }] of architecture.convolutions.entries()) {
    const scale = Math.sqrt(6 / (9 * channels)) / (i === 0 ? 64 : 1);
    const data = Float32Array.from(noise(i * 5000 + 1, out * channels * 9), (value) => value * scale);
    weights.set(`${name}.weight`, { shape: [out, channels, 3, 3], data });
    weights.set(`${name}.bias`, { shape: [out], data: new Float32Array(out).fill(0.1) });
  }
  const tap = 'block4_conv2';

  it('is that of direct convolutions, but where a unit is at zero to within rounding', async () => {
    const [width, height] = [272, 264];
    // Two pictures at once are convolved directly.
    const through = (pictures: number) => {
      const x = input(`x${pictures}`, [pictures, 3, height, width]);
      const map = featureMaps(architecture.layers, x, weights, [tap], 'max').get(tap) as Tensor;
      const first = slice(map, 0, 0, 1);
      return { x, map: first, loss: sum(mul(first, values(3, first.shape))) };
    };
    const [one, two] = [through(1), through(2)];
    const outputs = {
      found: gradient(one.loss, [one.x])[0] as Tensor,
      expected: slice(gradient(two.loss, [two.x])[0] as Tensor, 0, 0, 1),
    };
    expect(has(outputs.found, 'Transpose')).toBe(true);
    expect(has(outputs.expected, 'Transpose')).toBe(false);
    for (const seed of [1, 2, 3, 4]) {
      const picture = image(seed, height, width);
      const both = new Float32Array(2 * picture.length);
      both.set(picture);
      const { found, expected } = await runOnce(engine, outputs, { x1: picture, x2: both });
      // A unit at zero to within rounding may be positive in one of the two only, which is seen in the squares around it.
      const apart = apartnessBySquares(found as Float32Array, expected as Float32Array, { width, height });
      expect(apart.filter((value) => value < 1e-5).length).toBeGreaterThan(0.9 * apart.length);
    }
  });
});
