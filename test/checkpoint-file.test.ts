import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  type Checkpoint,
  createEngine,
  decodeCheckpoint,
  encodeCheckpoint,
  type Picture,
  type PreparedPainting,
  preparePainting,
  prepareResume,
  pullModel,
  readCheckpoint,
  readSafetensors,
  rescuePainting,
  type Step,
  takeCheckpoint,
  writeCheckpoint,
  writePicture,
} from 'velatura';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { fadingWaves, testFolder, waves } from './support/pictures.ts';
import { testEngine } from './support/run.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 600_000 });

const folder = testFolder();
const engine = testEngine();
const file = join(folder, 'whole.checkpoint');
let checkpoint: Checkpoint;
let bytes: Uint8Array;
/** The painting that was never stopped. */
let plain: Picture;

const prepare = () =>
  preparePainting(fadingWaves(40, 30), {
    style: [waves(30, 40), waves(50, 40)],
    start: waves(20, 20),
    // Of three parts, one is for the first style, one for a part of the second, and one is left as it was.
    contentRegions: stripes(40, 30, [0xff0000, 0x0000ff, 0x00ff00]),
    styleRegions: ['#ff0000', stripes(50, 40, [0x0000ff, 0x000000])],
    size: 48,
    scales: [32, 48],
    steps: [5, 3],
    engine,
  });

/** Upright stripes of equal width. */
function stripes(width: number, height: number, colors: readonly number[]): Picture {
  const data = Float32Array.from({ length: 3 * width * height }, (_, i) => {
    const color = colors[Math.floor(((i % width) / width) * colors.length)] as number;
    return ((color >> (16 - 8 * Math.floor(i / (width * height)))) & 255) / 255;
  });
  return { width, height, data };
}

const take = (painting: PreparedPainting, step: Step) =>
  takeCheckpoint(painting, step, { choice: 'cpu', threads: 2 }, { title: 'Ein Bild 🎨', list: [1, null] });

beforeAll(async () => {
  await pullModel('resnet50');
  const painting = await prepare();
  let count = 0;
  for await (const step of painting.steps()) {
    plain = step.picture;
    if (++count === 4) checkpoint = await take(painting, step);
  }
  bytes = encodeCheckpoint(checkpoint);
  await writeCheckpoint(file, checkpoint);
});

/** A checkpoint's file with a text in its header replaced by another of the same length. */
function replaced(text: string, other: string): Uint8Array {
  const copy = Buffer.from(bytes);
  const at = copy.indexOf(text);
  expect(at).toBeGreaterThan(0);
  expect(other.length).toBe(text.length);
  copy.write(other, at);
  return copy;
}

describe('the file of a checkpoint', () => {
  it('holds all of it', async () => {
    expect(await decodeCheckpoint(bytes)).toEqual(checkpoint);
    expect(await readCheckpoint(file)).toEqual(checkpoint);
    expect(Buffer.compare(readFileSync(file), bytes)).toBe(0);
    expect(checkpoint).toMatchObject({ notes: { title: 'Ein Bild 🎨' }, state: { level: 0, step: 4 } });
  });

  it('holds numbers that JSON does not have', async () => {
    const values = { a: Number.NaN, b: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], c: -0, d: 0.1 };
    const arrays = {
      point: checkpoint.state.start,
      odd: Float32Array.of(Number.NaN, -0, 1e-45),
      none: new Float32Array(),
    };
    const odd = { ...checkpoint, state: { ...checkpoint.state, optimizer: { values, arrays } } };
    expect(await decodeCheckpoint(encodeCheckpoint(odd))).toEqual(odd);
  });

  it('needs no notes', async () => {
    const without = { ...checkpoint, notes: undefined };
    expect(await decodeCheckpoint(encodeCheckpoint(without))).toEqual(without);
  });

  it('is safetensors, whose first array is the painting as it stands', () => {
    const { weights } = readSafetensors(bytes);
    const [[name, array]] = [...weights] as [[string, { shape: readonly number[]; data: Float32Array }]];
    expect([name, array.shape]).toEqual(['painting', [3, 24, 32]]);
    expect(array.data).toEqual(checkpoint.painting.data);
  });

  it('replaces one that was there, and leaves nothing else', async () => {
    const place = join(folder, 'place');
    mkdirSync(place);
    const path = join(place, 'a.checkpoint');
    writeFileSync(path, 'old');
    await writeCheckpoint(path, checkpoint);
    expect(statSync(path).size).toBe(bytes.length);
    await expect(writeCheckpoint(join(place, 'gone', 'a'), checkpoint)).rejects.toThrow(/there is no folder/);
  });

  it('is refused in a sentence wherever a bit of it is wrong', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (at, bit) => {
        const wrong = new Uint8Array(bytes);
        wrong[at] = (wrong[at] as number) ^ (1 << bit);
        await expect(decodeCheckpoint(wrong, 'a.checkpoint')).rejects.toThrow(
          /^a\.checkpoint (is|was) [^\n]*\.$|^a\.checkpoint is [^\n]*"$/,
        );
      }),
      { numRuns: 60, seed: 7 },
    );
    const header = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    await fc.assert(
      fc.asyncProperty(fc.nat(header + 7), async (at) => {
        const wrong = new Uint8Array(bytes);
        wrong[at] = (wrong[at] as number) ^ 1;
        await expect(decodeCheckpoint(wrong)).rejects.toMatchObject({ name: 'UserError' });
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  it('is refused in a sentence wherever it is cut off', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), async (length) => {
        await expect(decodeCheckpoint(bytes.slice(0, length))).rejects.toMatchObject({ name: 'UserError' });
      }),
      { numRuns: 40, seed: 7, examples: [[0], [7], [8], [200], [bytes.length - 1]] },
    );
    await expect(decodeCheckpoint(bytes.slice(0, -1), 'a')).rejects.toThrow(
      'a is damaged or cut short, and cannot be carried on; the painting as it stood may still be had with "velatura resume <checkpoint> --save-picture <file>".',
    );
  });

  it('of another format is refused, and says so', async () => {
    await expect(decodeCheckpoint(replaced('"version":"7"', '"version":"8"'), 'a')).rejects.toThrow(
      /^a was written by another version of Velatura, in format 8 instead of 7; carry it on with that version, or: /,
    );
  });

  it('is not what another file is', async () => {
    const other = join(folder, 'other.png');
    await writePicture(other, waves(8, 8));
    await expect(readCheckpoint(other)).rejects.toThrow(`${other} is no checkpoint of Velatura.`);
    writeFileSync(other, '');
    await expect(readCheckpoint(other)).rejects.toThrow(`${other} is no checkpoint of Velatura.`);
    await expect(readCheckpoint(folder)).rejects.toThrow(`${folder} is a folder; name a checkpoint in it.`);
    await expect(readCheckpoint(join(folder, 'none'))).rejects.toThrow(/^There is no file .*none\.$/);
  });
});

describe('the picture in a checkpoint', () => {
  const path = join(folder, 'hurt.checkpoint');

  it('can be had when the rest is damaged, cut off or of another format', async () => {
    const hurt = Buffer.from(bytes);
    hurt.fill(0xff, hurt.length - 2000);
    for (const found of [bytes, hurt, replaced('"version":"7"', '"version":"8"')]) {
      writeFileSync(path, found);
      expect((await rescuePainting(path)).painting).toEqual(checkpoint.painting);
    }
    writeFileSync(path, bytes);
    truncateSync(path, bytes.length / 2);
    const { painting, facts } = await rescuePainting(path);
    expect(painting).toEqual(checkpoint.painting);
    expect(facts).toMatchObject({ size: { width: 48, height: 36 }, settings: { size: 48 } });
  });

  it('is refused when it is damaged itself', async () => {
    const header = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    for (const [at, message] of [
      [header + 5, /^The picture in .* is damaged, and cannot be saved\.$/],
      [4, /is no checkpoint of Velatura, or its beginning is damaged\.$/],
    ] as const) {
      const hurt = Buffer.from(bytes);
      hurt[at] = (hurt[at] as number) ^ 4;
      writeFileSync(path, hurt);
      await expect(rescuePainting(path)).rejects.toThrow(message);
    }
    writeFileSync(path, bytes);
    truncateSync(path, header + 100);
    await expect(rescuePainting(path)).rejects.toThrow('cannot be saved');
  });
});

describe('a painting that is carried on from a checkpoint', () => {
  it('has the pixels of one that was never stopped', async () => {
    const notes: string[] = [];
    const painting = await prepareResume(await readCheckpoint(file), {
      engine,
      onNote: (note) => notes.push(note),
    });
    expect(painting.from).toMatchObject({ scale: 32, step: 4, steps: 5 });
    const steps: Step[] = [];
    for await (const step of painting.steps()) steps.push(step);
    expect(steps.map(({ scale, step }) => [scale, step])).toEqual([
      [32, 5],
      [48, 1],
      [48, 2],
      [48, 3],
    ]);
    expect(steps.at(-1)?.picture).toEqual(plain);
    expect(notes).toEqual([]);
  });

  it('says when the pixels may differ', async () => {
    const other = createEngine({ threads: 1 });
    const noted = async (changed: Partial<Checkpoint>) => {
      const notes: string[] = [];
      const options = { engine: other, onNote: (note: string) => notes.push(note) };
      await prepareResume({ ...checkpoint, ...changed }, options);
      return notes.map((note) => note.replace(/: .*/, ''));
    };
    expect(await noted({})).toEqual([
      expect.stringMatching(/^The painting was begun with .*, not .*1 thread\)$/),
    ]);
    const mark = { ...checkpoint.engine, name: other.name, machine: 'a PDP-11' };
    expect(await noted({ engine: mark })).toEqual(['The painting was begun on another machine']);
    expect(await noted({ program: 'Velatura 0.0.1' })).toEqual([
      expect.stringMatching(/^The painting was begun by Velatura 0\.0\.1, and this is Velatura \d/),
    ]);
    await other.close();
  });

  it('is refused with other weights, or without their file', async () => {
    const { network } = checkpoint;
    const others = { ...checkpoint, network: { ...network, sha256: '0'.repeat(64) } };
    await expect(prepareResume(others, { engine })).rejects.toThrow(
      /^The weights of resnet50 are not those that the painting was begun with; bring those back, or /,
    );
    const gone = join(folder, 'gone.safetensors');
    await expect(
      prepareResume({ ...checkpoint, network: { ...network, file: gone } }, { engine }),
    ).rejects.toThrow(`The file ${gone} is not there`);
    // Where the right ones are can be said.
    await prepareResume(
      { ...checkpoint, network: { ...network, file: gone } },
      { engine, network: 'resnet50' },
    );
  });
});
