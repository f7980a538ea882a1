import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { pullModel, writePicture } from 'velatura';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { velatura } from './support/cli.ts';
import { testFolder, waves } from './support/pictures.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 600_000 });
beforeAll(async () => void (await pullModel('resnet50')));

const paint = ['paint', 'a.png', '--style', 'b.png', '-o', 'c.png', '--quiet', '--history', 'h'];
const quick = ['--size', '48', '--scales', '32,48', '--steps', '5,4'];

async function folder(): Promise<string> {
  const cwd = testFolder();
  const content = waves(60, 45);
  await writePicture(join(cwd, 'a.png'), content);
  await writePicture(join(cwd, 'b.png'), {
    ...content,
    data: content.data.map((v, i) => (i % 7 < 3 ? 1 - v : v)),
  });
  return cwd;
}

describe('the history of a painting', () => {
  it('keeps every n-th step, the first and the last of each scale, and an animation of them', async () => {
    const cwd = await folder();
    const outcome = await velatura([...paint, ...quick, '--history-every', '2'], { cwd });
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(join(cwd, 'h')).sort()).toEqual([
      '0001-scale32-step1.png',
      '0002-scale32-step2.png',
      '0003-scale32-step4.png',
      '0004-scale32-step5.png',
      '0005-scale48-step1.png',
      '0006-scale48-step2.png',
      '0007-scale48-step4.png',
      'history.webp',
    ]);
    const animation = await sharp(join(cwd, 'h', 'history.webp'), { animated: true }).metadata();
    // What does not change is one frame in the file, shown for longer.
    expect(animation.pages).toBeGreaterThan(3);
    expect(animation).toMatchObject({ width: 48, pageHeight: 36 });
    expect(animation.delay?.reduce((a, b) => a + b, 0)).toBe(6 * 120 + 2000);
    const last = await sharp(join(cwd, 'h', '0007-scale48-step4.png'))
      .raw()
      .toBuffer();
    expect(last.equals(await sharp(join(cwd, 'c.png')).raw().toBuffer())).toBe(true);
  });

  it('is refused where pictures would mix, or mean nothing', async () => {
    const cwd = await folder();
    mkdirSync(join(cwd, 'h'));
    writeFileSync(join(cwd, 'h', 'old.txt'), '');
    const words: [string[], RegExp][] = [
      [[...paint, ...quick], /^The folder h for the history is not empty/],
      [[...paint, '--history-every', '0'], /^--history-every must be a whole number from 1, not "0"\.\n$/],
      [
        ['paint', 'a.png', 'b.png', '--style', 'b.png', '-o', 'out', '--history', 'k'],
        /^--history keeps pictures of one/,
      ],
      [[...paint.slice(0, -1), 'a.png/h'], /^The folder a\.png\/h for the history cannot be made/],
    ];
    for (const [command, message] of words) {
      const outcome = await velatura(command, { cwd });
      expect(outcome.stderr).toMatch(message);
      expect(outcome.code).toBe(2);
    }
    expect(existsSync(join(cwd, 'c.png'))).toBe(false);
  });
});
