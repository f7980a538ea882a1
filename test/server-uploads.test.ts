import { architectureNamed, resolveSettings } from 'velatura';
import { afterAll, describe, expect, it } from 'vitest';
// As it is built: the thread is a file beside it.
import { startInspector } from '../dist/server/uploads/inspector.js';
import { within } from '../src/server/within.ts';
import { content, style } from './support/server.ts';

const bytes = async (file: Blob) => new Uint8Array(await file.arrayBuffer());
const LONG = 60_000;

describe('an inspector', () => {
  const inspector = startInspector();
  afterAll(() => inspector.close());

  async function inspection(damaged: boolean) {
    const whole = await bytes(content);
    const picture = {
      name: 'photo.png',
      bytes: damaged ? whole.subarray(0, whole.length / 2) : whole,
    };
    const uploads = {
      content: picture,
      styles: [{ name: 'style.jpg', bytes: await bytes(style) }],
      regions: undefined,
    };
    const settings = resolveSettings({ size: 64 }, architectureNamed('resnet50'));
    return { sent: [picture, ...uploads.styles], uploads, settings };
  }

  it('says which picture is damaged', async () => {
    await inspector.inspect(await inspection(false), LONG);
    await expect(inspector.inspect(await inspection(true), LONG)).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(/^photo\.png is damaged or cut off/),
    });
  });

  it('says where regions do not fit, and keeps nobody waiting for longer than was said', async () => {
    const { sent, uploads, settings } = await inspection(false);
    const mask = { name: 'mask.jpg', bytes: await bytes(style) };
    const regions = { content: mask, styles: [] };
    const wrong = { sent, uploads: { ...uploads, regions }, settings };
    await expect(inspector.inspect(wrong, LONG)).rejects.toThrow(/proportions/);
    await inspector.inspect(wrong, 0);
  });

  it('goes on with another thread where one was lost', async () => {
    const lost = startInspector();
    await lost.close();
    await expect(lost.inspect(await inspection(true), LONG)).rejects.toThrow(/damaged/);
    await lost.close();
  });
});

describe('work within a limit', () => {
  it('waits for its turn, in order, and larger work than the limit is done alone', async () => {
    const inTurn = within(3);
    const log: string[] = [];
    const ends: (() => void)[] = [];
    const work = (name: string, amount: number) =>
      inTurn(amount, async () => {
        log.push(name);
        await new Promise<void>((resolve) => ends.push(resolve));
      });
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    const all = [work('a', 2), work('b', 1), work('c', 1), work('d', 9), work('e', 1)];
    await settle();
    expect(log).toEqual(['a', 'b']);
    ends.shift()?.();
    await settle();
    // The large one waits, and those behind it do not pass by.
    expect(log).toEqual(['a', 'b', 'c']);
    ends.shift()?.();
    ends.shift()?.();
    await settle();
    expect(log).toEqual(['a', 'b', 'c', 'd']);
    ends.shift()?.();
    await settle();
    ends.shift()?.();
    await Promise.all(all);
    expect(log).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('is let go of where it fails', async () => {
    const inTurn = within(1);
    await expect(inTurn(1, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await inTurn(1, async () => 'yes')).toBe('yes');
  });
});
