import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pullModel, readPicture, readRecord, writePicture } from 'velatura';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { events, program, start, velatura } from './support/cli.ts';
import { testFolder, waves } from './support/pictures.ts';

// A machine may be busy with other tests.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 600_000 });

const folder = testFolder();
const content = join(folder, 'content.png');
const style = join(folder, 'style.jpg');
const place = () => mkdtempSync(join(folder, 'place-'));
const paint = ['paint', content, '--style', style, '--threads', '2'];
const quick = ['--scales', '32,48,64', '--steps', '20,12,8'];
/** Goes on until it is stopped. */
const endless = ['--scales', '48,64', '--steps', '5000,1'];

/** A checkpoint of a painting `a.png` that was stopped in that folder, by Ctrl-C after its first steps. */
async function stopped(cwd: string, words: readonly string[] = ['-o', 'a.png', '--checkpoint', 'c']) {
  const running = start([...paint, ...endless, '--json', ...words], { cwd });
  await running.until(/"step":3,/);
  running.child.kill('SIGINT');
  return await running.outcome;
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function appears(path: string): Promise<void> {
  while (!existsSync(path)) await sleep(10);
}

/** The painting of `quick` that was never stopped. */
let whole: Buffer;

beforeAll(async () => {
  await writePicture(content, waves(80, 60));
  await writePicture(style, waves(60, 90));
  await pullModel('resnet50');
  const cwd = place();
  await velatura([...paint, ...quick, '-o', 'a.png'], { cwd });
  whole = readFileSync(join(cwd, 'a.png'));
  // What takes less than two minutes leaves nothing but the painting.
  expect(readdirSync(cwd)).toEqual(['a.png']);
});

/** Milliseconds after which a process is killed, always the same. */
function delays(count: number): number[] {
  let seed = 12345;
  return Array.from({ length: count }, () => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 16) % 400;
  });
}

describe('a painting that is killed', () => {
  it('again and again, at any moment, ends as the same file', async () => {
    const cwd = place();
    const checkpoint = join(cwd, 'a.png.checkpoint');
    const begin = [...paint, ...quick, '-o', 'a.png', '--checkpoint-every', '0', '--json'];
    const resume = ['resume', 'a.png.checkpoint', '--checkpoint-every', '0', '--json'];
    const kill = async (
      words: readonly string[],
      ready: (running: ReturnType<typeof start>) => Promise<unknown>,
      delay: number,
    ) => {
      const running = start(words, { cwd });
      await ready(running);
      await sleep(delay);
      running.child.kill('SIGKILL');
      return await running.outcome;
    };
    let outcome = await kill(begin, () => appears(checkpoint), 0);
    let kills = 0;
    for (const delay of delays(4)) {
      if (outcome.signal !== 'SIGKILL') break;
      kills++;
      outcome = await kill(resume, (running) => running.until(/"event":"start"/), delay);
    }
    // A process may be quicker than the one that kills it.
    if (outcome.signal === 'SIGKILL') outcome = await velatura(resume, { cwd });
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(kills).toBeGreaterThan(0);
    expect(readFileSync(join(cwd, 'a.png')).equals(whole)).toBe(true);
    expect(readdirSync(cwd)).toEqual(['a.png']);
  });
});

// Windows has no signals that could be sent to another process.
describe.skipIf(process.platform === 'win32')('a painting that is stopped by Ctrl-C', () => {
  it('says how it is carried on, and is carried on to where it was to be written', async () => {
    const cwd = place();
    const { code, stdout, stderr } = await stopped(cwd);
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    const done = events(stdout).at(-1) as { stopped: { scale: number; step: number } };
    expect(done).toMatchObject({ event: 'done', checkpoint: 'c' });
    expect(readdirSync(cwd).sort()).toEqual(['a.png', 'c']);

    // From another folder, and stopped once more before it has painted anything.
    const elsewhere = place();
    const again = start(['resume', join(cwd, 'c'), '--json', '--preview', 'p.png'], { cwd: elsewhere });
    const start3 = JSON.parse(await again.until(/\{"event":"start".*\}/));
    expect(start3.from).toMatchObject(done.stopped);
    await again.until(/"event":"step"/);
    again.child.kill('SIGINT');
    const ended = await again.outcome;
    expect(ended).toMatchObject({ code: 130, stderr: '' });
    const steps = events(ended.stdout).filter(({ event }) => event === 'step');
    expect(steps[0]).toMatchObject({ scale: 48, step: done.stopped.step + 1 });
    expect(events(ended.stdout).at(-1)).toMatchObject({
      file: join(cwd, 'a.png'),
      checkpoint: join(cwd, 'c'),
    });
    expect(readdirSync(elsewhere)).toEqual(['p.png']);
  });

  it('tells a person the command', async () => {
    const cwd = place();
    const words = [...endless, '-o', 'a.png', '--checkpoint', 'the c', '--checkpoint-every', '0'];
    const running = start([...paint, ...words], { cwd });
    await appears(join(cwd, 'the c'));
    running.child.kill('SIGINT');
    const { code, stderr } = await running.outcome;
    expect(code).toBe(130);
    expect(stderr).toMatch(/this is the painting as it stands; "velatura resume 'the c'" carries on\.\n$/);
  });

  it('is not lost without a word when another one is to be written in its place', async () => {
    const cwd = place();
    await stopped(cwd, ['-o', 'a.png', '--checkpoint', 'a.png.checkpoint']);
    const before = readFileSync(join(cwd, 'a.png.checkpoint'));
    const { code, stderr } = await velatura([...paint, ...quick, '-o', 'a.png'], { cwd });
    expect(code).toBe(0);
    expect(stderr).toContain(
      'a.png.checkpoint is that of a painting that was stopped, and is replaced as soon as this one keeps its own; "velatura resume a.png.checkpoint" would carry it on.\n',
    );
    // This painting did not take long enough to need a checkpoint.
    expect(readFileSync(join(cwd, 'a.png.checkpoint')).equals(before)).toBe(true);
  });

  it('between two scales goes on from the end of the first', async () => {
    const cwd = place();
    const words = ['--scales', '64,384', '--steps', '2,1', '-o', 'a.png', '--checkpoint', 'c', '--json'];
    const running = start([...paint, ...words], { cwd });
    await running.until(/"step":2,"steps":2/);
    running.child.kill('SIGINT');
    expect((await running.outcome).code).toBe(130);
    const { code, stdout } = await velatura(['resume', 'c', '--json'], { cwd });
    expect(code).toBe(0);
    const steps = events(stdout).filter(({ event }) => event === 'step');
    expect(steps.map(({ scale, step }) => [scale, step])).toEqual([[384, 1]]);
    expect((await readRecord(join(cwd, 'a.png'))).stopped).toBeUndefined();
    expect(readdirSync(cwd)).toEqual(['a.png']);
  });

  it('before two minutes leaves no checkpoint, unless it was asked for', async () => {
    const cwd = place();
    const { stdout } = await stopped(cwd, ['-o', 'a.png']);
    expect(events(stdout).at(-1)).not.toHaveProperty('checkpoint');
    await stopped(cwd, ['-o', 'b.png', '--no-checkpoint']);
    expect(readdirSync(cwd).sort()).toEqual(['a.png', 'b.png']);
  });
});

describe('velatura resume', () => {
  const cwd = place();
  const kept = join(folder, 'kept');

  beforeAll(async () => {
    await stopped(cwd);
    copyFileSync(join(cwd, 'c'), kept);
  });

  it('--save-picture writes the picture as it stood, with its settings, also of half a checkpoint', async () => {
    const half = join(cwd, 'half');
    copyFileSync(kept, half);
    truncateSync(half, readFileSync(kept).length / 2);
    const refused = await velatura(['resume', 'half'], { cwd });
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(/^half is damaged or cut short, and cannot be carried on; [^\n]*\n$/);
    const saved = await velatura(['resume', 'half', '--save-picture', 's.png'], { cwd });
    expect(saved).toEqual({ code: 0, signal: null, stdout: 's.png\n', stderr: '' });
    const [found, expected] = [join(cwd, 's.png'), join(cwd, 'a.png')];
    expect((await readPicture(found)).data).toEqual((await readPicture(expected)).data);
    expect(await readRecord(found)).toEqual(await readRecord(expected));
  });

  it('says it when engine or threads are others', async () => {
    copyFileSync(kept, join(cwd, 'c'));
    const running = start(['resume', 'c', '--threads', '1', '-o', 'b.png'], { cwd });
    const note = await running.until(/The painting was begun with .*\./);
    running.child.kill('SIGKILL');
    expect(note).toMatch(/\(cpu, 2 threads\), not .*\(cpu, 1 thread\): the pixels may differ slightly/);
    await running.outcome;
  });

  it.each([
    [['resume'], /^Missing required argument 'checkpoint'\.\n$/],
    [['resume', 'none'], /^There is no file none\.\n$/],
    [['resume', content], /content\.png is no checkpoint of Velatura\.\n$/],
    [['resume', kept, '-o', kept], /is what is painted from, and would be overwritten/],
    [['resume', kept, '-o', 'x.png', '--preview', 'here/x.png'], /^The preview and the painting cannot be/],
    [['resume', kept, '-o', 'gone/a.png'], /^gone\/a\.png cannot be written: there is no folder/],
    [
      ['resume', kept, '--checkpoint-every', 'often'],
      /^--checkpoint-every must be a number of seconds from 0 to/,
    ],
    [[...paint, '--checkpoint', content], /is what is painted from, and would be overwritten/],
    [[...paint, '--checkpoint', 'a.png', '-o', 'a.png'], /cannot be the same file, a\.png\.\n$/],
    [[...paint, '--checkpoint', 'other'], /^other is there already and no checkpoint; name another file/],
    [[...paint, '--no-checkpoint', '--checkpoint-every', '3'], /exclude each other/],
    [[...paint, content, '--checkpoint', 'c'], /^Checkpoints are kept of one painting, not of a series/],
  ])('refuses %j in one sentence', async (words, message) => {
    const here = place();
    writeFileSync(join(here, 'other'), 'a letter to a friend');
    symlinkSync(here, join(here, 'here'), 'junction');
    writeFileSync(join(here, 'a.png'), '');
    const outcome = await velatura(words, { cwd: here });
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stderr.trim().split('\n').length).toBe(1);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(readFileSync(join(here, 'other'), 'utf8')).toBe('a letter to a friend');
  });

  it('carries on a texture', async () => {
    const here = place();
    const words = [
      'texture',
      style,
      '--size',
      '64x48',
      '--scales',
      '32,64',
      '--steps',
      '6,4',
      '-o',
      't.png',
      '--threads',
      '2',
    ];
    await velatura(words, { cwd: here });
    const expected = readFileSync(join(here, 't.png'));
    rmSync(join(here, 't.png'));
    const running = start([...words, '--checkpoint', 'c', '--checkpoint-every', '0'], { cwd: here });
    await appears(join(here, 'c'));
    running.child.kill('SIGKILL');
    const { signal } = await running.outcome;
    if (signal === 'SIGKILL')
      expect((await velatura(['resume', 'c', '--quiet'], { cwd: here })).stdout).toBe('t.png\n');
    expect(readFileSync(join(here, 't.png')).equals(expected)).toBe(true);
  });
});

// A limit to the size of files is what a full disk looks like.
describe.skipIf(spawnSync('bash', ['-c', 'ulimit -f 40']).status !== 0)('on a full disk', () => {
  const note =
    'The checkpoint cannot be written, and painting goes on. c cannot be written: the disk is full.\n';
  const carryOn = (cwd: string, words: string) => {
    const line = `ulimit -f 40; exec "$0" "$1" resume c --checkpoint-every 0 ${words}`;
    const child = spawn('bash', ['-c', line, process.execPath, program], { cwd });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    return { child, ended };
  };

  it('the last checkpoint stays whole', async () => {
    const cwd = place();
    await stopped(cwd);
    const before = readFileSync(join(cwd, 'c'));
    const { child, ended } = carryOn(cwd, '');
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      if (stderr.includes(note)) child.kill('SIGKILL');
    });
    await ended;
    expect(stderr).toContain(note);
    expect(readFileSync(join(cwd, 'c')).equals(before)).toBe(true);
  });

  it('the painting goes on, and says so once', async () => {
    const cwd = place();
    const running = start(
      [...paint, ...quick, '-o', 'a.png', '--checkpoint', 'c', '--checkpoint-every', '0'],
      {
        cwd,
      },
    );
    await appears(join(cwd, 'c'));
    running.child.kill('SIGKILL');
    await running.outcome;
    const { child, ended } = carryOn(cwd, '-o b.png');
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    expect(await ended).toBe(0);
    expect(stderr.split(note).length).toBe(2);
    expect(readFileSync(join(cwd, 'b.png')).equals(whole)).toBe(true);
    expect(readdirSync(cwd)).toEqual(['b.png']);
  });
});

describe.skipIf(process.platform === 'win32')('when the folder of the painting is removed', () => {
  it('the checkpoint elsewhere carries on', async () => {
    const cwd = place();
    mkdirSync(join(cwd, 'out'));
    const env = { TMPDIR: cwd };
    const words = [...paint, ...endless, '-o', 'out/a.png', '--checkpoint', 'c', '--json'];
    const running = start(words, { cwd, env });
    await running.until(/"step":2,/);
    rmSync(join(cwd, 'out'), { recursive: true });
    running.child.kill('SIGINT');
    const { code, stderr } = await running.outcome;
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^out\/a\.png cannot be written: there is no folder .*\. The painting is in .*\.png\. "velatura resume c" carries on\.\n$/,
    );
    const again = await velatura(['resume', 'c'], { cwd });
    expect(again).toMatchObject({ code: 2, stderr: expect.stringMatching(/there is no folder/) });
    const last = start(['resume', 'c', '-o', 'b.png', '--json'], { cwd });
    await last.until(/"event":"step"/);
    last.child.kill('SIGKILL');
    await last.outcome;
    expect(existsSync(join(cwd, 'c'))).toBe(true);
  });
});
