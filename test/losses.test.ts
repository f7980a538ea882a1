import {
  elements,
  gram,
  input,
  parameterShapes,
  project,
  projectionOf,
  runOnce,
  styleStatistics,
  vgg,
} from 'velatura';
import { describe, expect, it } from 'vitest';
import { noise, norm } from './support/reference.ts';
import { testEngine } from './support/run.ts';

const engine = testEngine();

describe('the projection of feature maps', () => {
  it('is onto directions of length one, at right angles to each other', () => {
    const [channels, kept] = [256, 64];
    const matrix = projectionOf(channels, 0.25) as Float32Array;
    expect(matrix.length).toBe(kept * channels);
    for (let i = 0; i < kept; i++) {
      for (let j = 0; j <= i; j++) {
        const [a, b] = [i, j].map((row) => matrix.subarray(row * channels, (row + 1) * channels));
        const product = (a as Float32Array).reduce((sum, value, c) => sum + value * (b?.[c] as number), 0);
        expect(product).toBeCloseTo(i === j ? 1 : 0, 5);
      }
    }
  });

  it('leaves narrow maps whole, and all where all channels are wanted', () => {
    const narrow = input('x', [1, 64, 8, 8]);
    const wide = input('x', [1, 512, 8, 8]);
    expect(project(narrow, 0.1)).toBe(narrow);
    expect(project(wide, 1)).toBe(wide);
    expect(project(wide, 0.25).shape).toEqual([1, 128, 8, 8]);
    expect(project(wide, 0.01).shape).toEqual([1, 64, 8, 8]);
  });

  it('is what the objective and the style targets are made with', () => {
    const architecture = vgg('test', 'Test', [1, 1, 1], [8, 16, 128]);
    const weights = new Map(
      [...parameterShapes(architecture)].map(([name, shape]) => [
        name,
        { shape, data: new Float32Array(elements(shape)) },
      ]),
    );
    const view = { network: { architecture, weights }, pooling: 'max' as const, margin: 0, projection: 0.5 };
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
