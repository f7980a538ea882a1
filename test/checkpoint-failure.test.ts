import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { checkpointsTo } from '../src/cli/checkpoints.ts';
import { paintTo } from '../src/cli/finish.ts';
import { noProgress } from '../src/cli/progress/lines.ts';
import {
  type Engine,
  EngineError,
  fit,
  type PreparedPainting,
  paintPicture,
  readCheckpoint,
  readPicture,
  removeCheckpoint,
  resolveSettings,
  type Step,
} from '../src/node/index.ts';
import { writeFileBy } from '../src/node/pictures/write.ts';
import { testFolder } from './support/pictures.ts';
import { testEngine } from './support/run.ts';
import { architecture, content, network, style } from './support/tiny.ts';

vi.setConfig({ testTimeout: 60_000 });

const folder = testFolder();
const engine = testEngine();

/** An engine that runs out of memory at the n-th gradient. */
function failing(n: number): Engine {
  let gradients = 0;
  return {
    ...engine,
    compile: async (model, options) => {
      const program = await engine.compile(model, options);
      return {
        ...program,
        run: async (feeds, fetches) => {
          if (fetches.includes('gradient') && ++gradients === n) throw new EngineError('It is out of memory');
          return await program.run(feeds, fetches);
        },
      };
    },
  };
}

const settings = resolveSettings(
  {
    scales: [32, 48],
    steps: [6, 5],
    contentTaps: { block3_conv1: 1 },
    styleTaps: { block1_conv1: 1, block2_conv1: 1 },
  },
  architecture,
);
const work = { content, styles: [style], network, settings };

const paintingOn = (on: Engine): PreparedPainting => ({
  work,
  settings,
  sizes: settings.scales.map((scale) => fit(content, scale)),
  network: 'A tiny VGG',
  engine: on.name,
  memory: { budget: 1e9, foretold: 1e8, scales: [] },
  steps: (signal) => paintPicture(work, on, signal),
});

const plain = async (count: number) => {
  const all: Step[] = [];
  for await (const step of paintPicture(work, engine)) all.push(step);
  return all.slice(count);
};

function paintInto(place: string, on: Engine, every: number | undefined, always: boolean) {
  const painting = paintingOn(on);
  const [output, file] = [join(place, 'a.png'), join(place, 'c')];
  const notes: string[] = [];
  const { signal } = new AbortController();
  const checkpoints = checkpointsTo(
    { file, every, always, begun: false },
    painting,
    { choice: undefined, threads: undefined },
    { style: [], output },
    { signal, note: (note) => notes.push(note) },
  );
  const names = { content: 'a', style: ['b'] };
  const ended = paintTo(output, painting, names, noProgress(), { signal, json: true, checkpoints });
  return { output, file, notes, ended };
}

describe('a painting whose engine fails', () => {
  it('leaves a checkpoint that goes on to the same pixels, and says so', async () => {
    const place = mkdtempSync(join(folder, 'place-'));
    const { output, file, ended } = paintInto(place, failing(9), 0, true);
    await expect(ended).rejects.toThrow(
      `It is out of memory. The painting as far as it got is in ${output}. "velatura resume ${file}" carries on.`,
    );
    expect(readdirSync(place).sort()).toEqual(['a.png', 'c']);
    const { state } = await readCheckpoint(file);
    const done = state.level * 6 + state.step;
    expect(done).toBeGreaterThan(0);
    const rest: Step[] = [];
    for await (const step of paintPicture(work, engine, undefined, state)) rest.push(step);
    const expected = await plain(done);
    expect(rest.map(({ picture }) => picture.data)).toEqual(expected.map(({ picture }) => picture.data));
  });

  it('at the first step of a scale goes on from the end of the last, which is always kept', async () => {
    const place = mkdtempSync(join(folder, 'place-'));
    const { file, ended } = paintInto(place, failing(7), 10_000, true);
    await expect(ended).rejects.toThrow('It is out of memory');
    expect((await readCheckpoint(file)).state).toMatchObject({ level: 0, step: 6, optimizer: undefined });
  });

  it('leaves none when it fails soon, unless one was asked for', async () => {
    const place = mkdtempSync(join(folder, 'place-'));
    const { ended, output } = paintInto(place, failing(9), undefined, false);
    await expect(ended).rejects.toThrow(/got is in .*a\.png\.$/);
    expect(readdirSync(place)).toEqual(['a.png']);
    expect(await readPicture(output)).toMatchObject({ width: 48 });
  });
});

describe('a painting whose checkpoint cannot be written', () => {
  it('is painted all the same, with one note', async () => {
    const place = mkdtempSync(join(folder, 'place-'));
    const gone = mkdtempSync(join(folder, 'gone-'));
    const painting = paintingOn(engine);
    rmSync(gone, { recursive: true });
    const notes: string[] = [];
    const { signal } = new AbortController();
    const checkpoints = checkpointsTo(
      { file: join(gone, 'c'), every: 0, always: true, begun: false },
      painting,
      { choice: undefined, threads: undefined },
      { style: [], output: 'a.png' },
      { signal, note: (note) => notes.push(note) },
    );
    const output = join(place, 'a.png');
    const names = { content: 'a', style: ['b'] };
    await paintTo(output, painting, names, noProgress(), { signal, json: true, checkpoints });
    expect(notes).toEqual([
      expect.stringMatching(/^The checkpoint cannot be written, and painting goes on\. .*there is no folder/),
    ]);
    expect(readdirSync(place)).toEqual(['a.png']);
  });
});

describe('what is written while another process is done with a checkpoint of that name', () => {
  it('is lost, and the sentence says why', async () => {
    const path = join(mkdtempSync(join(folder, 'place-')), 'a.checkpoint');
    const writing = writeFileBy(path, async (file) => {
      await file.writeFile('half');
      await removeCheckpoint(path);
    });
    await expect(writing).rejects.toThrow(
      `${path} cannot be written: another process took what was being written for a leftover; let one at a time write there.`,
    );
    await writeFileBy(path, (file) => file.writeFile('whole'));
    expect(readFileSync(path, 'utf8')).toBe('whole');
  });

  it.runIf(process.platform === 'linux')('says no such thing of a folder that takes no files', async () => {
    await expect(writeFileBy('/proc/a', async () => {})).rejects.toThrow(
      '/proc/a cannot be written: /proc takes no new files.',
    );
  });
});
