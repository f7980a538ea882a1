import { join } from 'node:path';
import {
  type Picture,
  pullModel,
  readPicture,
  readSettings,
  type Step,
  texture,
  writePicture,
} from 'velatura';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { velatura } from './support/cli.ts';
import { testFolder, waves } from './support/pictures.ts';
import { testEngine } from './support/run.ts';
import { tinyPainter } from './support/tiny.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 600_000 });
beforeAll(async () => void (await pullModel('resnet50')));

const engine = testEngine();

/** How much the far sides of a picture differ where they would meet, by how much neighbours inside do. */
function seam({ width, height, data }: Picture): number {
  const at = (c: number, y: number, x: number) => data[(c * height + y) * width + x] as number;
  let across = 0;
  let inside = 0;
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < height; y++) {
      across += (at(c, y, 0) - at(c, y, width - 1)) ** 2;
      for (let x = 1; x < width; x++) inside += (at(c, y, x) - at(c, y, x - 1)) ** 2 / (width - 1);
    }
  }
  return across / inside;
}

describe('a texture', () => {
  const made = async (options: Partial<Parameters<typeof texture>[1]> = {}) => {
    let last: Step | undefined;
    const style = waves(60, 50);
    for await (last of texture(style, {
      width: 64,
      height: 48,
      scales: [64],
      steps: [6],
      engine,
      ...options,
    }));
    return last as Step;
  };

  it('has the size asked for, begins with noise, and nears the style', async () => {
    const { picture, loss } = await made();
    expect([picture.width, picture.height]).toEqual([64, 48]);
    const first = (await made({ steps: [1] })).loss;
    expect(loss.style).toBeLessThan(0.5 * first.style);
    expect(loss.content).toBe(0);
    expect((await made()).picture.data).toEqual(picture.data);
    expect((await made({ seed: 2 })).picture.data).not.toEqual(picture.data);
  });

  it('refuses sides that make no sense', async () => {
    await expect(made({ width: 20 })).rejects.toThrow(
      'The sides of a texture must be whole numbers of pixels from 32 to 100000, not 20x48.',
    );
    await expect(made({ width: -5 })).rejects.toThrow('from 32 to 100000, not -5x48.');
    await expect(made({ width: 90_000, height: 90_000, memory: 2e9 })).rejects.toThrow(
      'A texture of 90000x90000 pixels needs at least 97.2 GB of memory, and it may take 2.0 GB: make it smaller.',
    );
  });
});

describe('edges that wrap', () => {
  it('meet: a painting from noise goes on from one side to the other', async () => {
    const { painting } = tinyPainter(engine, {
      scales: [48],
      steps: [40],
      contentTaps: { block3_conv1: 1 },
      styleTaps: { block1_conv1: 1, block2_conv1: 1 },
      init: 'noise',
      contentWeight: 0,
      tvWeight: 60,
    });
    const wrapped = seam(await painting({ edges: 'wrap' }));
    const mirrored = seam(await painting({ edges: 'mirror' }));
    expect(wrapped).toBeLessThan(1.3);
    expect(mirrored).toBeGreaterThan(1.6);
  });
});

describe('velatura texture', () => {
  const quick = ['--size', '64x48', '--scales', '64', '--steps', '2'];
  const folder = async () => {
    const cwd = testFolder();
    await writePicture(join(cwd, 'style.png'), waves(60, 50));
    return cwd;
  };

  it('writes a texture with its settings', async () => {
    const cwd = await folder();
    const outcome = await velatura(['texture', 'style.png', '--tileable', ...quick, '--quiet'], { cwd });
    expect(outcome).toMatchObject({ code: 0, stdout: 'style-texture.png\n', stderr: '' });
    const { width, height } = await readPicture(join(cwd, 'style-texture.png'));
    expect([width, height]).toEqual([64, 48]);
    const settings = await readSettings(join(cwd, 'style-texture.png'));
    expect(settings).toMatchObject({ edges: 'wrap', contentWeight: 0, init: 'noise', steps: [2] });
    const shown = await velatura(['show', 'style-texture.png'], { cwd });
    expect(shown.stdout).toContain('a texture of style.png\n');
    expect(shown.stdout).toContain('  velatura texture style.png --size 64x48 --tileable --steps 2\n');
    const like = ['paint', 'style.png', '--style', 'style.png', '--like', 'style-texture.png'];
    expect(await velatura(like, { cwd })).toMatchObject({
      code: 2,
      stderr: 'style-texture.png is a texture, whose settings make no painting; name one with --like.\n',
    });
  });

  it.each([
    [
      ['texture', 'style.png', '--size', '12xx'],
      /^--size must be a number of pixels, or two as in 1024x768, not "12xx"\.\n$/,
    ],
    [['texture', 'nothing.png'], /nothing\.png/],
    [['texture', 'style.png', '-o', 'style.png'], /^style\.png is what is painted from/],
    [['texture', 'style.png', '-o', 'gone/../style.png'], /^gone\/\.\.\/style\.png is what is painted from/],
    [['texture', 'style.png', '--style-mix', '1,2', ...quick], /^styleMix has 2 numbers for 1 style/],
    [['texture'], /^Missing required argument 'style'\.\n$/],
  ])('refuses %j in one sentence', async (words, message) => {
    const outcome = await velatura(words, { cwd: await folder() });
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stderr.trim().split('\n').length).toBe(1);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
  });
});
