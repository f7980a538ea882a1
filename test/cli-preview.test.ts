import { mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readPicture, type Step } from 'velatura';
import { describe, expect, it } from 'vitest';
import { previewTo } from '../src/cli/preview.ts';
import { testFolder, waves } from './support/pictures.ts';

const folder = testFolder();

const unexpected = (error: unknown) => expect.unreachable(String(error));

/** Steps that remember which of them were asked for their pictures. */
function steps() {
  const shown: string[] = [];
  const step = (scale: number, number: number, planned = 9): Step => ({
    scale,
    step: number,
    steps: planned,
    last: number === planned,
    loss: { content: 0, style: 0, tv: 0, total: 0 },
    seconds: 0,
    get picture() {
      return expect.unreachable('it need not be in memory');
    },
    get largePicture() {
      shown.push(`${scale}.${number}`);
      return waves(scale, 10 + number);
    },
    checkpoint: () => Promise.reject(new Error('nobody wants one')),
  });
  return { shown, step };
}

describe('a preview', () => {
  it('shows the first step at once, of those that follow closely only the last, and the end of every scale', async () => {
    const file = join(mkdtempSync(join(folder, 'place-')), 'p.png');
    const { shown, step } = steps();
    const preview = previewTo(file, unexpected);
    preview.offer(step(32, 1));
    preview.offer(step(32, 2, 2));
    preview.offer(step(64, 1));
    preview.offer(step(64, 2));
    preview.offer(step(64, 3));
    await preview.finish();
    expect(shown).toEqual(['32.1', '32.2', '64.3']);
    expect(await readPicture(file)).toMatchObject({ width: 64, height: 13 });
  });

  it('shows the planned end of a scale without waiting', async () => {
    const file = join(mkdtempSync(join(folder, 'place-')), 'p.png');
    const { shown, step } = steps();
    const preview = previewTo(file, unexpected);
    preview.offer(step(32, 1, 2));
    preview.offer(step(32, 2, 2));
    await preview.finish();
    await preview.finish();
    expect(shown).toEqual(['32.1', '32.2']);
  });

  it('tells once that it cannot be written', async () => {
    const gone = join(folder, 'gone', 'p.png');
    const told: unknown[] = [];
    const { step } = steps();
    const preview = previewTo(gone, (error) => told.push(error));
    preview.offer(step(32, 1));
    await preview.finish();
    preview.offer(step(32, 9));
    await preview.finish();
    expect(told).toHaveLength(1);
    expect(readdirSync(folder)).not.toContain('gone');
  });
});
