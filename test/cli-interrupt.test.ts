import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pullModel, readPicture, readRecord, writePicture } from 'velatura';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { events, start, velatura } from './support/cli.ts';
import { testFolder, waves } from './support/pictures.ts';

// A machine may be busy with other tests.
vi.setConfig({ testTimeout: 120_000 });

const folder = testFolder();
const content = join(folder, 'content.png');
const style = join(folder, 'style.jpg');
const place = () => mkdtempSync(join(folder, 'place-'));
const paint = ['paint', content, '--style', style, '-o', 'a.png'];

beforeAll(async () => {
  await writePicture(content, waves(80, 60));
  await writePicture(style, waves(60, 90));
  await pullModel('resnet50');
}, 600_000);

/** Where a link leads; nothing if it is gone. */
function target(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

// Windows has no signals that could be sent to another process.
describe.skipIf(process.platform === 'win32')('Ctrl-C', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'once (%s) keeps the painting as it stands, at its full size',
    async (signal) => {
      const cwd = place();
      const preview = ['--preview', 'p.png'];
      const running = start([...paint, '--scales', '64,96', '--steps', '5000,5000', ...preview], { cwd });
      // The first step has been painted as soon as it is shown.
      while (!existsSync(join(cwd, 'p.png'))) await new Promise((resolve) => setTimeout(resolve, 20));
      running.child.kill(signal);
      const { code, stdout, stderr } = await running.outcome;
      expect({ code, stdout }).toEqual({ code: 130, stdout: 'a.png\n' });
      const [, step = ''] =
        /\nStopping after this step; Ctrl-C again stops at once\.\nStopped at step (\d+) of 5000 of scale 64: this is the painting as it stands\.\n$/.exec(
          stderr,
        ) ?? [];
      expect(await readPicture(join(cwd, 'a.png'))).toMatchObject({ width: 96, height: 72 });
      expect((await readRecord(join(cwd, 'a.png'))).stopped).toEqual({
        scale: 64,
        step: Number(step),
        steps: 5000,
      });
      expect(readdirSync(cwd).sort()).toEqual(['a.png', 'p.png']);
    },
  );

  it('once is told by --json, too', async () => {
    const cwd = place();
    const running = start([...paint, '--scales', '64,96', '--steps', '5000,5000', '--json'], { cwd });
    await running.until(/"event":"step"/);
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.outcome;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    const all = events(stdout);
    const { scale, step, steps } = all.at(-2) as { scale: number; step: number; steps: number };
    expect(all.at(-1)).toMatchObject({
      event: 'done',
      file: 'a.png',
      width: 96,
      stopped: { scale, step, steps },
    });
  });

  it('between two scales keeps what the first one gave', async () => {
    const cwd = place();
    const running = start([...paint, '--scales', '64,384', '--steps', '2,1', '--json'], { cwd });
    await running.until(/"step":2,"steps":2/);
    running.child.kill('SIGINT');
    const { code, stdout } = await running.outcome;
    expect(code).toBe(130);
    expect(events(stdout).at(-1)).toMatchObject({ event: 'done', stopped: { scale: 64, step: 2, steps: 2 } });
    expect(await readPicture(join(cwd, 'a.png'))).toMatchObject({ width: 384, height: 288 });
  });

  it('before the first step leaves nothing', async () => {
    const cwd = place();
    const running = start([...paint, '--scales', '384', '--steps', '3', '--json'], { cwd });
    await running.until(/"event":"start"/);
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.outcome;
    expect(stderr).toBe('Stopped before anything was painted; nothing was written.\n');
    expect(code).toBe(130);
    expect(events(stdout)).toHaveLength(1);
    expect(readdirSync(cwd)).toEqual([]);
  });

  // Only there it can be seen from outside that a file is open.
  describe.runIf(process.platform === 'linux')('while an input is waited for', () => {
    it.each([
      ['the content', ['paint', 'pipe', '--style', style]],
      ['the style', ['paint', content, '--style', 'pipe']],
      ['the start', [...paint, '--init', 'pipe']],
      ['the regions', [...paint, '--content-regions', 'pipe']],
      ['one of a series', ['paint', 'pipe', content, '--style', style]],
      ['what is explained', ['explain', 'pipe', '--style', style]],
      ["a texture's style", ['texture', 'pipe']],
    ])('stops at once: %s', async (_what, words) => {
      const cwd = place();
      const pipe = join(cwd, 'pipe');
      spawnSync('mkfifo', [pipe]);
      const running = start(words, { cwd });
      const files = `/proc/${running.child.pid}/fd`;
      const isOpen = () => readdirSync(files).some((fd) => target(join(files, fd)) === pipe);
      while (!isOpen()) await new Promise((resolve) => setTimeout(resolve, 20));
      running.child.kill('SIGINT');
      const { code, stdout, stderr } = await running.outcome;
      expect(stderr).toMatch(/(^|\n)(Stopped|Painted 0 pictures)[^\n]*\n$/);
      expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
      expect(readdirSync(cwd)).toEqual(['pipe']);
    });

    it('waits for no network, which is read more than once', async () => {
      const cwd = place();
      spawnSync('mkfifo', [join(cwd, 'net.h5')]);
      expect(await velatura([...paint, '--network', 'net.h5'], { cwd })).toMatchObject({
        code: 2,
        stderr: 'The file net.h5 is no plain file; save what it gives, and name that.\n',
      });
    });

    it('reads what comes in the end', async () => {
      const cwd = place();
      spawnSync('mkfifo', [join(cwd, 'pipe')]);
      const words = ['paint', 'pipe', '--style', style, '-o', 'a.png', '--size', '64', '--steps', '1'];
      const running = start([...words, '--quiet'], { cwd });
      const writer = await open(join(cwd, 'pipe'), 'w');
      await writer.writeFile(readFileSync(content));
      await writer.close();
      expect(await running.outcome).toMatchObject({ code: 0, stdout: 'a.png\n', stderr: '' });
    });
  });

  it('twice stops at once', async () => {
    const cwd = place();
    const running = start([...paint, '--scales', '512', '--steps', '4'], { cwd });
    await running.until(/step 1 of 4/);
    running.child.kill('SIGINT');
    await running.until(/Stopping after this step/);
    running.child.kill('SIGINT');
    expect(await running.outcome).toMatchObject({ code: null, signal: 'SIGINT', stdout: '' });
    expect(existsSync(join(cwd, 'a.png'))).toBe(false);
    expect(readdirSync(cwd)).toEqual([]);
  });
});
