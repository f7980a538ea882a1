import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  architectureNamed,
  createEngine,
  type Engine,
  prepareSeries,
  pullModel,
  readPicture,
  readRecord,
  repaint,
  repaintSeries,
  resolveSettings,
  type Step,
  UserError,
  writePicture,
} from 'velatura';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { pace } from '../src/cli/series/progress.ts';
import { events, refusing, start, velatura } from './support/cli.ts';
import { largestDifference, testFolder, waves } from './support/pictures.ts';

// A machine may be busy with other tests.
vi.setConfig({ testTimeout: 120_000 });

const folder = testFolder();
const style = join(folder, 'style.jpg');
const look = ['--style', style, '--size', '64', '--scales', '64', '--steps', '2'];

/** A new folder for one test, with pictures and something that is none. */
async function place(): Promise<string> {
  const cwd = mkdtempSync(join(folder, 'place-'));
  mkdirSync(join(cwd, 'photos'));
  await writePicture(join(cwd, 'photos/a.png'), waves(80, 60));
  await writePicture(join(cwd, 'photos/b.jpg'), waves(60, 80));
  await writePicture(join(cwd, 'c.png'), waves(70, 70));
  writeFileSync(join(cwd, 'photos/notes.txt'), 'No picture.');
  return cwd;
}

beforeAll(async () => {
  await writePicture(style, waves(60, 90));
  await pullModel('resnet50');
}, 600_000);

describe('velatura paint, of many', () => {
  it('paints what patterns and names say into a folder that it makes', async () => {
    const cwd = await place();
    const { code, stdout, stderr } = await velatura(
      ['paint', 'photos/*', 'c.png', ...look, '-o', 'new/out/'],
      {
        cwd,
      },
    );
    expect(stderr.split('\n')[0]).toBe('3 pictures to paint.');
    expect(stderr).toMatch(/^2 of 3: b\.jpg in the style of style\.jpg: 48 x 64 pixels with resnet50$/m);
    expect(stderr).toMatch(/\nPainted 3 pictures in \d:\d\d\.\n$/);
    const results = ['a-style.png', 'b-style.png', 'c-style.png'];
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: results.map((name) => `new/out/${name}\n`).join(''),
    });
    expect(readdirSync(join(cwd, 'new/out')).sort()).toEqual(results);

    // Each is what it is alone.
    const alone = await velatura(['paint', 'photos/b.jpg', ...look, '-o', 'alone.png'], { cwd });
    expect(alone.code).toBe(0);
    const bytes = (path: string) => readFileSync(join(cwd, path));
    expect(bytes('new/out/b-style.png').equals(bytes('alone.png'))).toBe(true);
  });

  it('goes on past what cannot be painted, and reports it', async () => {
    const cwd = await place();
    writeFileSync(join(cwd, 'photos/ab.jpg'), 'Dear diary');
    const words = ['paint', 'photos/*', 'gone.png', 'c.png', ...look, '-o', 'out', '--quiet'];
    const { code, stdout, stderr } = await velatura(words, { cwd });
    expect(code).toBe(2);
    expect(stdout).toBe('out/a-style.png\nout/b-style.png\nout/c-style.png\n');
    expect(stderr).toMatch(
      /^Not painted:\n {2}photos\/ab\.jpg is no picture [^\n]*\n {2}There is no file gone\.png; check its name\.\n$/,
    );
  });

  it('goes on past folders that may not be read, and reports them', async () => {
    const [cwd, env] = [await place(), refusing('secret')];
    mkdirSync(join(cwd, 'photos/secret'));
    await writePicture(join(cwd, 'photos/secret/d.png'), waves(60, 60));
    const words = ['paint', 'photos/**/*.png', ...look, '-o', 'out', '--quiet'];
    const { code, stdout, stderr } = await velatura(words, { cwd, env });
    expect(stdout).toBe('out/a-style.png\n');
    expect(stderr).toMatch(
      /^Not painted:\n {2}photos.secret may not be read; ask its owner for permission\.\n$/,
    );
    expect(code).toBe(2);
    // What a pattern does not mean need not be readable.
    expect(await velatura(['paint', 'photos/*.png', ...look, '-o', 'out', '--quiet'], { cwd, env })).toEqual({
      code: 0,
      signal: null,
      stdout: '',
      stderr: '',
    });
    const none = await velatura(['paint', 'photos/secret/*.png', ...look, '-o', 'out'], { cwd, env });
    expect(none).toMatchObject({ code: 2, stdout: '' });
    expect(none.stderr).toMatch(/^photos.secret may not be read; ask/);
  });

  it('skips what is done, not what was stopped, and with --force nothing', async () => {
    const cwd = await place();
    const words = ['paint', 'photos/*', ...look, '-o', 'out', '--json'];
    expect((await velatura(words, { cwd })).code).toBe(0);
    const first = join(cwd, 'out/a-style.png');
    const { mtimeMs } = statSync(first);
    const second = join(cwd, 'out/b-style.png');
    const { program: _, ...record } = await readRecord(second);
    await writePicture(second, waves(48, 64), { ...record, stopped: { scale: 64, step: 1, steps: 2 } });

    const again = await velatura(words, { cwd });
    expect(again.code).toBe(0);
    const all = events(again.stdout);
    expect(all[0]).toEqual({ event: 'series', pictures: 2, there: 1 });
    expect(all.filter(({ event }) => event === 'start')).toMatchObject([
      { content: 'b.jpg', file: 'out/b-style.png' },
    ]);
    expect(all.at(-1)).toEqual({ event: 'end', painted: 1, there: 1, left: 0, failed: [] });
    expect(statSync(first).mtimeMs).toBe(mtimeMs);
    expect((await readRecord(second)).stopped).toBeUndefined();

    const forced = await velatura([...words, '--force'], { cwd });
    expect(events(forced.stdout).filter(({ event }) => event === 'done')).toHaveLength(2);
    expect(statSync(first).mtimeMs).toBeGreaterThan(mtimeMs);
  });

  it('does not paint from its own paintings', async () => {
    const cwd = await place();
    const words = ['paint', '{photos/a,c,c-style}.png', ...look, '--quiet'];
    for (const stdout of ['c-style.png\na-style.png\n', '']) {
      const outcome = await velatura(words, { cwd });
      expect(outcome).toMatchObject({ code: 0, stderr: '' });
      expect(outcome.stdout.split('\n').sort()).toEqual(stdout.split('\n').sort());
    }
    expect(existsSync(join(cwd, 'c-style-style.png'))).toBe(false);
  });

  it.each([
    [
      'a pattern without a match',
      ['nowhere/*.jpg'],
      'out',
      /^No picture here matches nowhere\/\*\.jpg; check/,
    ],
    ['a match that is no picture', ['photos/*.txt'], 'out', /^No picture here matches photos\/\*\.txt;/],
    [
      'two contents of one name',
      ['photos/*', 'a.png'],
      'out',
      /^photos\/a\.png and a\.png would both become out\/a-style\.png; rename one/,
    ],
    [
      'a file as the folder',
      ['photos/*'],
      'c.png',
      /a folder to be painted into, and c\.png is named as a file/,
    ],
    ['a name of a file as the folder', ['photos/*'], 'x.png', /^Several pictures need a folder .* x\.png /],
  ])('refuses %s before any work', async (_what, contents, out, sentence) => {
    const cwd = await place();
    await writePicture(join(cwd, 'a.png'), waves(20, 20));
    const before = readdirSync(cwd).sort();
    const { code, stdout, stderr } = await velatura(['paint', ...contents, ...look, '-o', out], { cwd });
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr).toMatch(sentence);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(readdirSync(cwd).sort()).toEqual(before);
  });

  // Windows has no signals that could be sent to another process.
  it.skipIf(process.platform === 'win32')('ends with the present picture on Ctrl-C', async () => {
    const cwd = await place();
    const words = ['paint', 'photos/*', 'c.png', ...look, '--steps', '5000', '-o', 'out', '--json'];
    const running = start(words, { cwd });
    await running.until(/"event":"step"/);
    running.child.kill('SIGINT');
    const { code, stdout } = await running.outcome;
    expect(code).toBe(130);
    expect(events(stdout).at(-1)).toEqual({ event: 'end', painted: 0, there: 0, left: 3, failed: [] });
    expect(readdirSync(join(cwd, 'out'))).toEqual(['a-style.png']);
    expect((await readRecord(join(cwd, 'out/a-style.png'))).stopped).toMatchObject({
      scale: 64,
      steps: 5000,
    });
    expect(await readPicture(join(cwd, 'out/a-style.png'))).toMatchObject({ width: 64, height: 48 });
  });
});

describe('the pace of a series', () => {
  it('counts paintings, steps by their pixels, and what is there or fails', () => {
    let clock = 100;
    const going = pace(() => clock);
    const settings = resolveSettings(
      { scales: [64, 128], steps: [4, 1], margin: 0 },
      architectureNamed('resnet50'),
    );
    const sizes = settings.scales.map((side) => ({ width: side, height: side }));
    const beginning = { settings, sizes, network: '', engine: '', content: 'a.jpg', style: ['b.jpg'] };
    const step = (scale: number, number: number, steps: number) =>
      going.step({ scale, step: number, steps } as Step);
    going.open(5, 1);
    expect([going.place(), going.share()]).toEqual(['2 of 5', 0]);
    going.begin(beginning);
    step(64, 2, 4);
    expect(going.share()).toBeCloseTo(0.25 / 4, 9);
    step(128, 1, 1);
    expect(going.share()).toBeCloseTo(1 / 4, 9);
    clock += 30;
    expect(going.times()).toBe('0:30 elapsed, about 1:30 left');
    going.next(1);
    going.next(2);
    expect([going.place(), going.share()]).toEqual(['5 of 5', 0.75]);
    going.next(1);
    expect([going.place(), going.share(), going.times()]).toEqual(['5 of 5', 1, '0:30 elapsed']);
  });
});

describe('repaintSeries', () => {
  const options = { style: waves(60, 90), size: 64, scales: [64], steps: [2] };

  it('gives each painting, or its error, in order', async () => {
    const contents = [waves(80, 60), new Uint8Array([1, 2, 3]), waves(60, 80)];
    const found = [];
    for await (const one of repaintSeries(contents, options)) found.push(one);
    expect(found.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(found.map(({ content }, i) => content === contents[i])).toEqual([true, true, true]);
    expect(found[1]?.error).toBeInstanceOf(UserError);
    for (const i of [0, 2]) {
      const alone = await repaint(contents[i] as Uint8Array, options);
      expect(largestDifference(found[i]?.picture?.data ?? new Float32Array(), alone.data)).toBe(0);
    }
  });

  it('looks at the style once', async () => {
    const inner = createEngine();
    let compiled = 0;
    const engine: Engine = {
      ...inner,
      compile: (model, options) => {
        compiled++;
        return inner.compile(model, options);
      },
    };
    const counts: number[] = [];
    for await (const { painting } of prepareSeries([waves(80, 60), waves(60, 80), waves(64, 64)], {
      ...options,
      engine,
    })) {
      compiled = 0;
      for await (const _ of painting?.steps() ?? []);
      counts.push(compiled);
    }
    await inner.close();
    // The style's statistics come from a program of their own, as does what the content looks like.
    expect(counts).toEqual([5, 4, 4]);
  });

  it('fails as a whole where the style is at fault', async () => {
    const series = repaintSeries([waves(80, 60)], { ...options, style: join(folder, 'gone.jpg') });
    await expect(series.next()).rejects.toThrow(/^There is no file .*gone\.jpg/);
  });

  it('ends with the reason of its signal', async () => {
    const stop = new AbortController();
    const series = repaintSeries([waves(80, 60), waves(60, 80)], { ...options, signal: stop.signal });
    expect((await series.next()).value).toMatchObject({ index: 0 });
    stop.abort(new Error('enough'));
    await expect(series.next()).rejects.toThrow('enough');
  });
});
