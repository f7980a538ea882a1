import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  adam,
  decodeCheckpoint,
  encodeCheckpoint,
  type PaintingState,
  paintPicture,
  readCheckpoint,
  readPicture,
  reduced,
  resolveSettings,
  type ScalePlan,
  type Settings,
  type Step,
  type Store,
  scratchStore,
  takeCheckpoint,
  UserError,
  type Work,
  writeCheckpoint,
} from 'velatura';
import { describe, expect, it, vi } from 'vitest';
import { previewTo } from '../src/cli/preview.ts';
import { testFolder } from './support/pictures.ts';
import { noise } from './support/reference.ts';
import { testEngine } from './support/run.ts';
import { architecture, content, network, style } from './support/tiny.ts';

vi.setConfig({ testTimeout: 120_000 });

const engine = testEngine();
const folder = testFolder();

/** A painting whose larger scale is worked out from a store, if it is to be. */
function workWith(
  stored: ScalePlan['stored'],
  optimizer: Settings['optimizer'] = 'adam',
  given: Partial<Settings> = {},
  more: Partial<Work> = {},
): Work {
  const settings = resolveSettings(
    {
      scales: [48, 96],
      steps: [3, 6],
      contentTaps: { block3_conv1: 1 },
      styleTaps: { block1_conv1: 1, block2_conv1: 1 },
      optimizer,
      ...given,
    },
    architecture,
  );
  const counts = [
    { columns: 3, rows: 2 },
    { columns: 2, rows: 1 },
  ];
  const large: ScalePlan = {
    cutting: { cuts: [2], counts },
    styles: [undefined],
    history: 2,
  };
  const plan: ScalePlan[] = [
    { styles: [undefined], history: 10 },
    { ...large, ...(stored && { stored }) },
  ];
  return { content, styles: [style], network, settings, plan, ...more };
}

const traceOf = ({ scale, step, last, loss, picture, largePicture }: Step) => {
  expect(largePicture.data.length).toBe(picture.data.length);
  return { scale, step, last, loss, picture: picture.data, alpha: picture.alpha };
};

async function paint(work: Work, store: Store = scratchStore(folder), from?: PaintingState) {
  const steps: ReturnType<typeof traceOf>[] = [];
  for await (const step of paintPicture(work, engine, undefined, from, store)) steps.push(traceOf(step));
  return steps;
}

/** The files that this process holds open in a folder, whether or not they have names. */
function openIn(folder: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(`${folder}/`);
    } catch {
      return false;
    }
  }).length;
}

/** Lets the garbage collector find what nobody holds any more. */
async function collectGarbage() {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 5; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a painting whose arrays lie in a store', () => {
  const alpha = Float32Array.from(noise(9, 48 * 32), (v) => Math.abs(v));
  it.each([
    ['as it is', 'adam', {}, {}],
    ['by L-BFGS', 'lbfgs', {}, {}],
    ['with a margin that is mirrored, and its colours', 'adam', { color: 'content', margin: 9 }, {}],
    ['of a transparent picture, by L-BFGS', 'lbfgs', {}, { content: { ...content, alpha } }],
  ] as [string, Settings['optimizer'], Partial<Settings>, Partial<Work>][])(
    'is that in memory, bit for bit: %s',
    async (_, optimizer, given, more) => {
      const inMemory = await paint(workWith(undefined, optimizer, given, more));
      expect(inMemory.length).toBe(9);
      for (const stored of ['pictures', 'all'] as const) {
        expect(await paint(workWith(stored, optimizer, given, more))).toEqual(inMemory);
      }
    },
  );

  it('needs one', async () => {
    const steps = paintPicture(workWith('all'), engine);
    await expect(async () => {
      for await (const _ of steps);
    }).rejects.toThrow(/wants a store/);
  });

  it.each([
    ['adam', 'all'],
    ['lbfgs', 'all'],
    ['lbfgs', 'pictures'],
  ] as const)(
    'goes on from a checkpoint to the same pixels: %s, %s in a store',
    async (optimizer, stored) => {
      const work = workWith(stored, optimizer);
      const expected = await paint(work);
      const file = join(folder, 'a.checkpoint');
      const memory = {
        budget: 1,
        foretold: 1,
        scales: (work.plan ?? []).map((plan) => ({ ...plan, bytes: 1 })),
      };
      const prepared = { work, engine: engine.name, memory };
      let done = 0;
      for await (const step of paintPicture(work, engine, undefined, undefined, scratchStore(folder))) {
        done++;
        if (step.scale === 48) continue;
        const checkpoint = await takeCheckpoint(
          prepared,
          step,
          { choice: undefined, threads: undefined },
          null,
        );
        const { picture } = step;
        expect(checkpoint.state.start).not.toBeInstanceOf(Float32Array);
        await writeCheckpoint(file, checkpoint);
        const bytes = readFileSync(file);
        expect(Buffer.compare(encodeCheckpoint(checkpoint), bytes)).toBe(0);
        const [fromFile, fromBytes] = [await readCheckpoint(file), await decodeCheckpoint(bytes)];
        expect(fromFile.state.start).not.toBeInstanceOf(Float32Array);
        expect(fromBytes.painting.data).toEqual(picture.data);
        for (const { state } of [fromFile, fromBytes]) {
          expect(await paint(work, scratchStore(folder), state)).toEqual(
            expected.slice(step.last ? -1 : done),
          );
        }
      }
      expect(done).toBe(expected.length);
    },
  );
});

describe('the preview of a painting', () => {
  it('is smaller where the painting lies on the disk, and the means of its squares', () => {
    const [width, height] = [4300, 12];
    const planes = noise(4, 3 * width * height).map(Math.abs);
    const data = Float32Array.from(planes);
    const stored = scratchStore(folder).create(data.length);
    stored.write(0, data);
    const found = reduced({ width, height, data: stored }, 2048);
    expect(found).toMatchObject({ width: 1433, height: 4 });
    for (const [plane, y, x] of [
      [0, 0, 0],
      [1, 3, 1432],
      [2, 2, 700],
    ] as const) {
      let sum = 0;
      for (let i = 0; i < 9; i++) {
        const row = 3 * y + Math.floor(i / 3);
        sum += data[(plane * height + row) * width + 3 * x + (i % 3)] as number;
      }
      expect(found.data[(plane * 4 + y) * 1433 + x]).toBeCloseTo(sum / 9, 5);
    }
    expect(reduced({ width, height, data }, 2048)).toEqual(found);
  });

  it('is written', async () => {
    const file = join(folder, 'preview.png');
    const preview = previewTo(file, (error) => expect.unreachable(String(error)));
    for await (const step of paintPicture(
      workWith('all'),
      engine,
      undefined,
      undefined,
      scratchStore(folder),
    )) {
      await preview.offer(step);
    }
    await preview.finish();
    expect(await readPicture(file)).toMatchObject({ width: 96, height: 64 });
  });
});

describe('Adam from a store', () => {
  it('is Adam, also over several pieces and where the loss is not finite', async () => {
    const n = (1 << 20) + 77;
    const [plain, stored] = [adam(), adam({}, scratchStore(folder))];
    const [a, b] = [await plain.init(new Float32Array(n)), await stored.init(new Float32Array(n))];
    for (const [i, loss] of [3, 2, Number.NaN, 4].entries()) {
      const gradient = Float32Array.from(noise(i, n));
      await plain.update(a, loss, gradient.slice());
      await stored.update(b, loss, gradient);
    }
    const [one, other] = [await plain.save(a), await stored.save(b)];
    expect(other.values).toEqual(one.values);
    for (const [name, values] of Object.entries(one.arrays)) {
      const found = new Float32Array(n);
      const saved = other.arrays[name];
      if (!saved || saved instanceof Float32Array) throw new Error(`"${name}" is not in the store.`);
      saved.read(0, found);
      expect(Buffer.compare(Buffer.from(found.buffer), Buffer.from((values as Float32Array).buffer))).toBe(0);
    }
    await stored.release(b);
  });
});

describe.skipIf(process.platform !== 'linux')('a store on the disk', () => {
  const behind = 'leaves nothing behind, neither of a painting that is done nor of one that is left';
  it.each(['adam', 'lbfgs'] as const)(`${behind}: %s`, async (optimizer) => {
    const place = mkdtempSync(join(folder, 'place-'));
    const store = scratchStore(place);
    const abort = new AbortController();
    let most = 0;
    let last: Step | undefined;
    await expect(async () => {
      const work = workWith('all', optimizer);
      for await (const step of paintPicture(work, engine, abort.signal, undefined, store)) {
        most = Math.max(most, openIn(place));
        expect(readdirSync(place)).toEqual([]);
        last = step;
        if (step.scale === 96 && step.step === 2) abort.abort(new Error('enough'));
      }
    }).rejects.toThrow('enough');
    expect(most).toBeGreaterThan(4);
    // What a step still shows is there as long as the step is.
    await collectGarbage();
    expect(last?.picture.data.some((value) => value > 0)).toBe(true);
    last = undefined;
    await paint(workWith('all', optimizer), store);
    await collectGarbage();
    expect(openIn(place)).toBe(0);
    expect(readdirSync(place)).toEqual([]);
  });

  it('says so when there is no such folder', () => {
    const nowhere = join(folder, 'nowhere');
    expect(() => scratchStore(nowhere).create(8)).toThrow(UserError);
    expect(() => scratchStore(nowhere).create(8)).toThrow(`cannot be kept in ${nowhere} (ENOENT)`);
  });

  // A limit to the length of files does what a full disk does.
  it.skipIf(spawnSync('bash', ['-c', 'ulimit -f 40']).status !== 0)('says so when the disk is full', () => {
    const place = join(folder, 'full');
    mkdirSync(place);
    const program = join(folder, 'full.mjs');
    writeFileSync(
      program,
      `import { scratchStore } from ${JSON.stringify(import.meta.resolve('velatura'))};
       try {
         const stored = scratchStore(process.argv[2]).create(1 << 14);
         for (let at = 0; at < stored.length; at += 1024) stored.write(at, new Float32Array(1024).fill(1));
       } catch (error) {
         console.log(error.name, error.message);
       }`,
    );
    const line = 'ulimit -f 40; exec "$0" "$1" "$2"';
    const { stdout } = spawnSync('bash', ['-c', line, process.execPath, program, place], {
      encoding: 'utf8',
    });
    expect(stdout).toMatch(
      /^UserError The disk is full: what does not fit into memory is kept in .*full while it is painted\. Make room there, or name another folder with the environment variable TMPDIR\.\n$/,
    );
    expect(readdirSync(place)).toEqual([]);
  });
});
