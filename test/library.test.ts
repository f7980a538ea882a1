import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  createEngine,
  type Picture,
  paint,
  preparePainting,
  pullModel,
  repaint,
  UserError,
  writePicture,
} from 'velatura';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { testFolder, waves } from './support/pictures.ts';

vi.setConfig({ testTimeout: 120_000 });

const folder = testFolder();
const file = join(folder, 'content.png');
const style = waves(60, 90);
const engine = createEngine();
const options = { style, size: 64, scales: [64], steps: [3], engine };
afterAll(() => engine.close());

beforeAll(async () => {
  await writePicture(file, waves(80, 60));
  await pullModel('resnet50');
}, 600_000);

describe('the library', () => {
  it('takes a picture as path, URL, bytes or stream, and gives the same painting', async () => {
    const sources = [file, pathToFileURL(file), readFileSync(file), createReadStream(file)];
    const paintings: Picture[] = [];
    for (const source of sources) paintings.push(await repaint(source, options));
    for (const { width, height, data } of paintings) {
      expect([width, height]).toEqual([64, 48]);
      expect(data).toEqual(paintings[0]?.data);
    }
  });

  it('yields the steps, and ends with what repaint returns', async () => {
    const totals: number[] = [];
    let last: Picture | undefined;
    const longer = { ...options, steps: [10] };
    for await (const { loss, picture } of paint(file, longer)) {
      totals.push(loss.total);
      last = picture;
    }
    expect(totals.length).toBe(10);
    expect(totals.at(-1)).toBeLessThan(totals[0] as number);
    expect(last?.data).toEqual((await repaint(file, longer)).data);
  });

  it('starts from the picture it is given', async () => {
    const black = { width: 8, height: 8, data: new Float32Array(3 * 64) };
    const painting = await repaint(file, { ...options, start: black, steps: [1] });
    expect(painting.data.every((value) => value === 0)).toBe(true);
  });

  it('stops with the reason of the signal, before and between steps', async () => {
    const reason = new Error('enough');
    await expect(repaint(file, { ...options, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const run = async () => {
      for await (const _ of paint(file, { ...options, signal: controller.signal })) controller.abort(reason);
    };
    await expect(run()).rejects.toBe(reason);
  });

  it('says before it begins what it will do', async () => {
    const painting = await preparePainting(file, { style, size: 100, scales: [50, 100], engine });
    expect(painting.sizes).toEqual([
      { width: 50, height: 38 },
      { width: 100, height: 75 },
    ]);
    expect(painting).toMatchObject({ network: expect.stringMatching(/ResNet-50/), engine: engine.name });
    expect(painting.settings).toMatchObject({
      steps: [60, 45],
      network: 'resnet50',
      contentTaps: { '4c': 1 },
    });
  });

  it('refuses, before the memory goes, a size that does not fit', async () => {
    const asking = preparePainting(file, { style, size: 16384, memory: 1e9, engine });
    await expect(asking).rejects.toBeInstanceOf(UserError);
    await expect(asking).rejects.toThrow(
      /^A painting of 16384 pixels .* needs at least [\d.]+ GB .* may take 1\.0 GB: try a size of \d+, or allow it more\.$/,
    );
  });

  it('says which picture is missing or damaged', async () => {
    await expect(repaint(undefined as unknown as string, options)).rejects.toThrow(/^The content is missing/);
    const broken = readFileSync(file).subarray(0, 200);
    await expect(repaint(file, { ...options, style: broken })).rejects.toThrow(/^The style is damaged/);
    await expect(repaint(file, { ...options, threads: -1 })).rejects.toThrow(
      /^threads must be a whole number/,
    );
  });

  it('refuses a picture of which too little is left at the smallest scale', async () => {
    const narrow = waves(400, 20);
    await expect(repaint(narrow, options)).rejects.toThrow(/The content is too narrow: .* 64x3; crop it/);
    await expect(repaint(file, { ...options, style: narrow })).rejects.toThrow(/The style is too narrow/);
  });
});
