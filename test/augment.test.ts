import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type AugmentEvent, augment, pullModel, readPicture, readRecord, writePicture } from 'velatura';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { events, refusing, start, velatura } from './support/cli.ts';
import { testFolder, waves } from './support/pictures.ts';

// A machine may be busy with other tests.
vi.setConfig({ testTimeout: 240_000 });

const folder = testFolder();
const train = join(folder, 'train');
const styles = join(folder, 'styles');
const place = () => mkdtempSync(join(folder, 'place-'));
const quick = ['--size', '48', '--scales', '48', '--steps', '2', '--threads', '2'];
const words = (output: string, ...more: string[]) => [
  'augment',
  train,
  ...['--styles', styles, '--per-image', '2', '--seed', '7', '-o', output],
  ...quick,
  ...more,
];

/** Every file below a folder with its bytes, hidden ones too. */
function contents(output: string): Map<string, Buffer> {
  const files = readdirSync(output, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
    .sort();
  return new Map(files.map((file) => [file.slice(output.length + 1), readFileSync(file)]));
}

interface Line {
  source: string;
  result: string;
  copy: number;
  styles: string[];
  strength: number;
  seed: number;
  recipe: Record<string, unknown>;
}

function manifest(output: string): Line[] {
  const text = readFileSync(join(output, 'manifest.jsonl'), 'utf8');
  expect(text.endsWith('\n')).toBe(true);
  return events(text) as unknown as Line[];
}

beforeAll(async () => {
  mkdirSync(join(train, 'cats'), { recursive: true });
  mkdirSync(join(train, 'dogs/small'), { recursive: true });
  mkdirSync(join(styles, 'old'), { recursive: true });
  await writePicture(join(train, 'cats/tom.png'), waves(60, 48));
  await writePicture(join(train, 'cats/kit.jpg'), waves(48, 60));
  await writePicture(join(train, 'dogs/small/rex.webp'), waves(64, 64));
  await writePicture(join(styles, 'one.png'), waves(50, 70));
  await writePicture(join(styles, 'old/two.jpg'), waves(90, 40));
  await pullModel('resnet50');
}, 600_000);

describe('velatura augment', () => {
  it('paints copies into the same folders, and writes down how', async () => {
    const output = join(place(), 'out');
    const { code, stdout, stderr } = await velatura(words(output), { cwd: folder });
    expect(stderr).toMatch(/\nPainted 6 pictures in \d:\d\d\.\n$/);
    const results = ['cats/kit', 'cats/tom', 'dogs/small/rex'].flatMap((name) => [
      `${name}-1.png`,
      `${name}-2.png`,
    ]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: results.map((result) => `${join(output, result)}\n`).join(''),
    });
    expect([...contents(output).keys()].sort()).toEqual([...results, 'manifest.jsonl'].sort());

    const lines = manifest(output);
    expect(lines.map(({ result }) => result)).toEqual(results);
    for (const { source, result, copy, styles: drawn, strength, seed, recipe } of lines) {
      expect(existsSync(join(train, source))).toBe(true);
      expect(result).toBe(source.replace(/\.\w+$/, `-${copy}.png`));
      expect(drawn).toHaveLength(1);
      expect(['one.png', 'old/two.jpg']).toContain(drawn[0]);
      expect(strength).toBeGreaterThanOrEqual(0.3);
      expect(strength).toBeLessThanOrEqual(0.7);
      expect(recipe).toMatchObject({ strength, seed, size: 48, steps: [2] });
      expect((await readRecord(join(output, result))).settings).toEqual(recipe);
      expect(
        Math.max(
          ...Object.values(await readPicture(join(output, result)))
            .slice(0, 2)
            .map(Number),
        ),
      ).toBe(48);
    }
    expect(new Set(lines.map(({ strength }) => strength)).size).toBe(6);
    expect(new Set(lines.map(({ seed }) => seed)).size).toBe(6);
  });

  it.skipIf(process.platform === 'win32')('after kill -9 makes what an uninterrupted run makes', async () => {
    const [whole, broken] = [join(place(), 'out'), join(place(), 'out')];
    // Enough steps for the second kill to come before the end.
    const steps = ['--steps', '12'];
    expect((await velatura(words(whole, ...steps), { cwd: folder })).code).toBe(0);

    // Killed at a step, and as a copy has just been written.
    for (const moment of [/"event":"step"/, /("event":"done".*){2}/s]) {
      const running = start(words(broken, '--json', ...steps), { cwd: folder });
      await running.until(moment);
      running.child.kill('SIGKILL');
      expect((await running.outcome).signal).toBe('SIGKILL');
      // What is listed is there and whole.
      const listed = existsSync(join(broken, 'manifest.jsonl')) ? manifest(broken) : [];
      for (const { result } of listed) await readPicture(join(broken, result));
    }
    // As if it had been killed while it wrote.
    const half = ['cats/.tom-2.png.0123abcd.part', 'manifest.jsonl.part'];
    for (const name of half) writeFileSync(join(broken, name), 'half');
    const known = manifest(broken).map(({ result }) => result);
    expect(known.length).toBeGreaterThan(0);
    expect(known.length).toBeLessThan(6);
    const times = known.map((result) => statSync(join(broken, result)).mtimeMs);

    const last = await velatura(words(broken, '--json', ...steps), { cwd: folder });
    expect(last.code).toBe(0);
    expect(events(last.stdout)[0]).toEqual({ event: 'series', pictures: 6, there: known.length });
    expect(known.map((result) => statSync(join(broken, result)).mtimeMs)).toEqual(times);
    expect(contents(broken)).toEqual(contents(whole));
  });

  it.skipIf(process.platform === 'win32')('leaves whole copies only on Ctrl-C', async () => {
    const output = join(place(), 'out');
    const running = start(words(output, '--json', '--steps', '2000'), { cwd: folder });
    await running.until(/"event":"step"/);
    running.child.kill('SIGINT');
    const { code, stdout } = await running.outcome;
    expect(code).toBe(130);
    expect(events(stdout).at(-1)).toEqual({ event: 'end', painted: 0, there: 0, left: 6, failed: [] });
    expect([...contents(output).keys()]).toEqual([]);
  });

  it('draws for a picture the same whatever else there is', async () => {
    const [one, cwd] = [join(place(), 'out'), place()];
    const [other, more] = [join(cwd, 'out'), join(cwd, 'train')];
    expect((await velatura(words(one), { cwd: folder })).code).toBe(0);
    mkdirSync(join(more, 'dogs/small'), { recursive: true });
    writeFileSync(join(more, 'dogs/small/rex.webp'), readFileSync(join(train, 'dogs/small/rex.webp')));
    const outcome = await velatura(['augment', more, ...words(other).slice(2), '--per-image', '1'], { cwd });
    expect(outcome.code).toBe(0);
    expect(manifest(other)).toEqual(manifest(one).filter(({ result }) => result === 'dogs/small/rex-1.png'));
    const rex = (output: string) => readFileSync(join(output, 'dogs/small/rex-1.png'));
    expect(rex(other).equals(rex(one))).toBe(true);

    // Another seed: refused beside the first one's, and with --force something else.
    const reseeded = ['augment', more, ...words(other, '--per-image', '1', '--seed', '8').slice(2)];
    const refused = await velatura(reseeded, { cwd });
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(
      /rex-1\.png was painted with other styles, settings or another seed, .*\n$/,
    );
    expect(manifest(other)).toHaveLength(1);
    expect((await velatura([...reseeded, '--force'], { cwd })).code).toBe(0);
    expect(manifest(other)[0]?.strength).not.toBe(manifest(one).at(-2)?.strength);
  });

  it('goes on past pictures that cannot be painted, and tries them again', async () => {
    const cwd = place();
    const [mixed, output] = [join(cwd, 'mixed'), join(cwd, 'out')];
    mkdirSync(mixed);
    writeFileSync(join(mixed, 'a.jpg'), 'Dear diary');
    await writePicture(join(mixed, 'b.png'), waves(40, 40));
    const again = ['augment', mixed, ...words(output, '--format', 'jpg', '--json').slice(2)];
    const { code, stdout, stderr } = await velatura(again, { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^Not painted:\n {2}[^\n]*a\.jpg is no picture [^\n]*\n$/);
    expect(events(stdout).at(-1)).toEqual({ event: 'end', painted: 2, there: 0, left: 0, failed: ['a.jpg'] });
    expect(manifest(output).map(({ result }) => result)).toEqual(['b-1.jpg', 'b-2.jpg']);

    rmSync(join(mixed, 'a.jpg'));
    await writePicture(join(mixed, 'a.jpg'), waves(40, 50));
    const mended = await velatura(again, { cwd });
    expect(mended.code).toBe(0);
    expect(events(mended.stdout).at(-1)).toMatchObject({ painted: 2, there: 2 });
    expect(manifest(output)).toHaveLength(4);
  });

  it('paints neither from its own copies nor in the style of them', async () => {
    const cwd = place();
    mkdirSync(join(cwd, 'set'));
    for (const name of ['a.png', 'b.png']) await writePicture(join(cwd, 'set', name), waves(40, 40));
    const again = ['augment', 'set', '--styles', 'set', '-o', 'set/styled', '--seed', '3', ...quick];
    const first = await velatura(again, { cwd });
    const copies = ['a-1.png', 'b-1.png'].map((name) => join('set/styled', name));
    expect(first).toMatchObject({ code: 0, stdout: copies.map((copy) => `${copy}\n`).join('') });
    const before = contents(join(cwd, 'set'));
    expect(await velatura(again, { cwd })).toMatchObject({ code: 0, stdout: '' });
    expect(contents(join(cwd, 'set'))).toEqual(before);
  });

  it('goes on past folders that may not be read, but not without some of the styles', async () => {
    const [cwd, env] = [place(), refusing('secret')];
    mkdirSync(join(cwd, 'set/secret'), { recursive: true });
    await writePicture(join(cwd, 'set/a.png'), waves(40, 40));
    await writePicture(join(cwd, 'set/secret/b.png'), waves(40, 40));
    const once = ['augment', 'set', ...words('out', '--per-image', '1', '--json').slice(2)];
    const { code, stdout, stderr } = await velatura(once, { cwd, env });
    expect(stderr).toBe(
      `Not painted:\n  ${join('set', 'secret')} may not be read; ask its owner for permission.\n`,
    );
    expect(code).toBe(2);
    expect(events(stdout).at(-1)).toMatchObject({ painted: 1, left: 0, failed: ['secret'] });
    const styled = await velatura(['augment', train, '--styles', 'set', '-o', 'never'], { cwd, env });
    expect(styled).toMatchObject({ code: 2, stdout: '' });
    expect(styled.stderr).toMatch(/^set.secret may not be read; ask its owner for permission\.\n$/);
    expect(existsSync(join(cwd, 'never'))).toBe(false);
  });

  it.runIf(process.platform === 'linux')('is refused where no folder can be made', async () => {
    const { code, stderr } = await velatura(words('/proc/x'), { cwd: folder });
    expect(stderr).toMatch(/The folder \/proc\/x cannot be made \(ENOENT\); name another\.\n$/);
    expect(code).toBe(2);
  });

  it('keeps a file that it did not paint, and refuses a manifest that is none', async () => {
    const output = place();
    mkdirSync(join(output, 'cats'));
    writeFileSync(join(output, 'cats/tom-1.png'), 'precious');
    for (const how of [[], ['--force']]) {
      const { code, stderr } = await velatura([...words(output), ...how], { cwd: folder });
      expect(code).toBe(2);
      expect(stderr).toMatch(
        /tom-1\.png is there, and Velatura did not paint it; move it away, or name another folder\.\n$/,
      );
      expect(readFileSync(join(output, 'cats/tom-1.png'), 'utf8')).toBe('precious');
    }
    writeFileSync(join(output, 'manifest.jsonl'), '{"result":"x"}\n{"resu');
    expect((await velatura(words(output), { cwd: folder })).stderr).toMatch(
      /manifest\.jsonl, line 2, is no entry of a manifest; [^\n]+\n$/,
    );
  });

  it.each([
    [
      'a folder that is not there',
      ['augment', 'nowhere'],
      [],
      /^There is no folder nowhere; check its name\.$/,
    ],
    [
      'a file as the folder',
      ['augment', 'styles/one.png'],
      [],
      /^styles\/one\.png is a file; name the folder/,
    ],
    ['an empty folder', ['augment', 'empty'], [], /^There is no picture in empty; check the folder\.$/],
    ['no styles', ['augment', 'train'], ['--styles', 'empty'], /^There is no picture in empty;/],
    [
      'the folder as its own output',
      ['augment', 'train'],
      ['-o', './train/'],
      /^The copies cannot be written among/,
    ],
    [
      'the styles as its output',
      ['augment', 'train'],
      ['-o', './styles'],
      /^The copies cannot be written among the styles of styles; name another folder\.$/,
    ],
    [
      'a range the wrong way',
      ['augment', 'train'],
      ['--strength', '0.7..0.3'],
      /^strength must go from the smaller/,
    ],
    ['a strength above 1', ['augment', 'train'], ['--strength', '0.3..1.5'], /^--strength must be at most 1/],
    [
      'no copies',
      ['augment', 'train'],
      ['--per-image', '0'],
      /^--per-image must be a whole number from 1, not "0"\.$/,
    ],
    ['a seed that is none', ['augment', 'train'], ['--seed', '-1'], /^--seed must not be negative/],
    ['an unknown format', ['augment', 'train'], ['--format', 'bmp'], /^copy\.bmp cannot end in \.bmp/],
    [
      'two pictures of one name',
      ['augment', 'twice'],
      [],
      /^The copies of a\.jpg and a\.png would have the same/,
    ],
  ])('refuses %s in one line', async (_what, begin, more, sentence) => {
    mkdirSync(join(folder, 'empty'), { recursive: true });
    mkdirSync(join(folder, 'twice'), { recursive: true });
    for (const name of ['a.jpg', 'a.png']) await writePicture(join(folder, 'twice', name), waves(20, 20));
    const output = join(folder, 'never');
    const { code, stdout, stderr } = await velatura([...begin, '--styles', 'styles', '-o', output, ...more], {
      cwd: folder,
    });
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr.trimEnd()).toMatch(sentence);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(existsSync(output)).toBe(false);
  });
});

describe('augment', () => {
  it('tells what happens, and goes on when it is called again', async () => {
    const output = join(place(), 'out');
    const options = { styles, output, perImage: 1, strength: 0.4, size: 48, scales: [48], steps: [2] };
    const all: AugmentEvent[] = [];
    for await (const found of augment(train, options)) {
      all.push(found);
      // Leaving the loop ends the work, with what is done written down.
      if (found.event === 'done') break;
    }
    expect(all.map(({ event }) => event)).toEqual(['plan', 'start', 'step', 'step', 'done']);
    expect(all[0]).toEqual({ event: 'plan', copies: 3, there: 0 });
    expect(all.at(-1)).toMatchObject({
      entry: { source: 'cats/kit.jpg', result: 'cats/kit-1.png', copy: 1, strength: 0.4 },
      file: join(output, 'cats/kit-1.png'),
    });
    expect(manifest(output)).toHaveLength(1);
    const rest: AugmentEvent[] = [];
    for await (const found of augment(train, options)) rest.push(found);
    expect(rest[0]).toEqual({ event: 'plan', copies: 3, there: 1 });
    expect(rest.filter(({ event }) => event === 'done')).toHaveLength(2);
    expect(manifest(output)).toHaveLength(3);
  });
});
