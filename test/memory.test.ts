import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  loadModel,
  type Network,
  type Picture,
  planScale,
  preparePainting,
  pullModel,
  resolveSettings,
  type Settings,
  writePicture,
} from 'velatura';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { program, velatura } from './support/cli.ts';
import { testFolder, waves } from './support/pictures.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 600_000 });

let network: Network;
beforeAll(async () => {
  await pullModel('resnet50');
  network = await loadModel('resnet50');
});

/** A picture of which only the size counts. */
const sized = (width: number, height: number): Picture => ({ width, height, data: new Float32Array(0) });

function plan(width: number, height: number, gigabytes: number, given: Partial<Settings> = {}) {
  const scales = [Math.max(width, height)];
  const settings = resolveSettings({ scales, ...given }, network.architecture);
  const work = { content: sized(width, height), styles: [sized(800, 600)], network, settings };
  return planScale(work, 0, gigabytes * 1e9);
}

const tilesIn = ({ cutting }: ReturnType<typeof plan>) =>
  cutting?.counts.reduce((sum, { columns, rows }) => sum + columns * rows, 0) ?? 1;

describe('the plan of a painting', () => {
  it('is one piece with all that the optimiser can use, where there is room', () => {
    expect(plan(1024, 768, 8)).toMatchObject({ history: 10 });
    expect(plan(1024, 768, 8).cutting).toBeUndefined();
  });

  it('keeps to the budget, with more tiles the less there is', () => {
    const plans = [14, 7, 4, 1].map((gigabytes) => ({ gigabytes, found: plan(2048, 1536, gigabytes) }));
    for (const { gigabytes, found } of plans) expect(found.bytes).toBeLessThanOrEqual(gigabytes * 1e9);
    expect(plans.map(({ found }) => found.stored)).toEqual([undefined, undefined, 'pictures', 'all']);
    const tiles = plans.map(({ found }) => tilesIn(found));
    expect(tiles[0]).toBe(1);
    expect(tiles.at(-1)).toBeGreaterThan(4);
    expect(tiles).toEqual([...tiles].sort((a, b) => a - b));
  });

  it('goes in parts rather than remember less', () => {
    const found = plan(2048, 1536, 7.5);
    expect(found).toMatchObject({ history: 10 });
    expect(found.cutting).toBeDefined();
  });

  it('has no room for more steps than L-BFGS can have to remember', () => {
    const found = [15, 8, 3, 1].map((steps) => plan(1024, 768, 8, { steps: [steps] }));
    expect(found.map(({ history }) => history)).toEqual([10, 7, 2, 1]);
    const bytes = found.map(({ bytes }) => bytes);
    expect(bytes).toEqual([...bytes].sort((a, b) => b - a));
  });

  it('of Adam has nothing to remember, and keeps arrays on the disk too', () => {
    expect(plan(1024, 768, 8, { optimizer: 'adam' })).toMatchObject({ history: 0 });
    expect(plan(2048, 1536, 1, { optimizer: 'adam' })).toMatchObject({ history: 0, stored: 'all' });
  });

  it('keeps large arrays on the disk where memory is too short for them', () => {
    const [some, little] = [plan(2048, 1536, 2), plan(2048, 1536, 1)];
    for (const found of [some, little]) {
      expect(found).toMatchObject({ stored: expect.any(String) });
      expect(found.cutting).toBeDefined();
    }
    expect(some.bytes).toBeLessThanOrEqual(2e9);
    expect(little.bytes).toBeLessThanOrEqual(1e9);
    expect(tilesIn(little)).toBeGreaterThan(tilesIn(some));
    expect(plan(8192, 6144, 3)).toMatchObject({ stored: 'all' });
    expect(plan(8192, 6144, 3).bytes).toBeLessThanOrEqual(3e9);
  });

  it('is the one that takes least where none keeps to the budget', () => {
    const [some, none] = [plan(2048, 1536, 0.5), plan(2048, 1536, 0.1)];
    expect(none.bytes).toBeGreaterThan(0.5e9);
    expect(none.bytes).toBe(some.bytes);
    const bytes = [32, 512, 4096].map((side) => plan(side, side, 1e-6).bytes);
    expect(bytes).toEqual([...bytes].sort((a, b) => a - b));
  });
});

describe('--memory', () => {
  const folder = testFolder();
  const paint = ['paint', 'a.png', '--style', 'b.png', '--size', '768', '--scales', '768', '--steps', '1'];
  beforeAll(async () => {
    await writePicture(join(folder, 'a.png'), waves(768, 576));
    await writePicture(join(folder, 'b.png'), waves(200, 150));
  });

  it('cuts into tiles what is too large, and says so', async () => {
    const { code, stdout, stderr } = await velatura([...paint, '--memory', '1GB', '--json'], {
      cwd: folder,
    });
    expect(stderr).toMatch(
      /^To stay within 1\.0 GB of memory, the scale of 768 pixels is worked out in \d+ tiles/,
    );
    expect(code).toBe(0);
    const [start, ...rest] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(start.memory.budget).toBe(1e9);
    expect(start.memory.foretold).toBeLessThanOrEqual(1e9);
    expect(start.memory.scales[0].cutting.counts.length).toBeGreaterThan(0);
    expect(rest.at(-1).peakMemory).toBeLessThan(1.2 * 1e9);
  });

  // A limit to the length of files is what a full disk looks like.
  it.skipIf(spawnSync('bash', ['-c', 'ulimit -f 2000']).status !== 0)(
    'says so where the disk is full on which large arrays are kept, and leaves nothing there',
    () => {
      const scratch = join(folder, 'scratch');
      mkdirSync(scratch);
      const line = 'ulimit -f 2000; exec "$0" "$@"';
      const large = ['--size', '1280', '--scales', '1280', '--memory', '1GB'];
      const words = [program, ...paint, ...large, '-o', 'full.png'];
      const { status, stderr } = spawnSync('bash', ['-c', line, process.execPath, ...words], {
        cwd: folder,
        env: { ...process.env, TMPDIR: scratch },
        encoding: 'utf8',
      });
      expect(stderr).toMatch(/and keeps its large arrays on the disk\.\n/);
      expect(stderr).toContain(`The disk is full: what does not fit into memory is kept in ${scratch}`);
      expect(status).toBe(2);
      expect(readdirSync(scratch)).toEqual([]);
      expect(readdirSync(folder)).not.toContain('full.png');
    },
  );

  it.each([
    ['much', /--memory must be an amount such as 2GB or 800MB, not "much"\./],
    ['0GB', /--memory must be an amount/],
    ['100MB', /needs at least [\d.]+ GB of memory, and it may take 0\.1 GB: allow it more\./],
  ])('is refused where it makes no sense: %s', async (amount, message) => {
    const { code, stderr } = await velatura([...paint, '--memory', amount], { cwd: folder });
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n').length).toBe(1);
    expect(code).toBe(2);
  });

  it('names a size that it allows, where there is one', async () => {
    const styles = [join(folder, 'b.png')];
    const prepared = (size: number) =>
      preparePainting(join(folder, 'a.png'), { style: styles, size, memory: 0.7e9 });
    const refusal = await prepared(4096).catch((error: unknown) => error as Error);
    const [, size] = /try a size of (\d+), or allow it more\.$/.exec((refusal as Error).message) ?? [];
    const painting = await prepared(Number(size));
    expect(painting.memory.foretold).toBeLessThanOrEqual(0.7e9);
    await painting.close();
  });

  it('is kept to by what augments, and by what carries on not taken', async () => {
    mkdirSync(join(folder, 'train'));
    await writePicture(join(folder, 'train', 'a.png'), waves(64, 48));
    mkdirSync(join(folder, 'paintings'));
    await writePicture(join(folder, 'paintings', 'b.png'), waves(64, 48));
    const words = ['augment', 'train', '--styles', 'paintings', '-o', 'styled', '--memory', '100MB'];
    const augmented = await velatura(words, { cwd: folder });
    expect(augmented.stderr).toMatch(/needs at least [\d.]+ GB of memory, and it may take 0\.1 GB/);
    const resumed = await velatura(['resume', 'a.checkpoint', '--memory', '1GB'], { cwd: folder });
    expect(resumed).toMatchObject({ code: 2, stderr: "Unknown option '--memory'.\n" });
  });
});
