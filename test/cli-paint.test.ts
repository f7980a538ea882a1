import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pullModel, readPicture, readRecord, writePicture } from 'velatura';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { events, start, velatura } from './support/cli.ts';
import { fadingWaves, largestDifference, testFolder, waves } from './support/pictures.ts';

// A machine may be busy with other tests.
vi.setConfig({ testTimeout: 120_000 });

const folder = testFolder();
const content = join(folder, 'content.png');
const style = join(folder, 'style.jpg');
/** A new folder for one test. */
const place = () => mkdtempSync(join(folder, 'place-'));
/** Of 249 bytes, where 255 with the extension are the most. */
const longName = '日'.repeat(83);
const small = ['--size', '64', '--scales', '32,64', '--steps', '3,2'];
const paint = ['paint', content, '--style', style, ...small];

beforeAll(async () => {
  await writePicture(content, waves(80, 60));
  await writePicture(style, waves(60, 90));
  // The first time it is fetched, for all tests.
  await pullModel('resnet50');
}, 600_000);

describe('velatura paint', () => {
  it('writes the painting, and says where', async () => {
    const cwd = place();
    const { code, stdout, stderr } = await velatura(paint, { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'content-style.png\n' });
    expect(readdirSync(cwd)).toEqual(['content-style.png']);
    expect(await readPicture(join(cwd, 'content-style.png'))).toMatchObject({ width: 64, height: 48 });
    const lines = stderr.trimEnd().split('\n');
    expect(lines[0]).toBe('content.png in the style of style.jpg: 64 x 48 pixels with resnet50');
    const losses = /content [\d.e-]+, style [\d.e-]+, tv [\d.e-]+; \d:\d\d elapsed/;
    for (const [i, where] of [
      '32, step 1 of 3',
      '32, step 2 of 3',
      '32, step 3 of 3',
      '64, step 1 of 2',
      '64, step 2 of 2',
    ].entries()) {
      expect(lines[i + 1]).toMatch(new RegExp(`^scale ${where}: ${losses.source}`));
    }
    expect(lines.slice(6)).toEqual([expect.stringMatching(/^Painted in \d:\d\d\.$/)]);
  });

  it('prints one JSON object a line with --json', async () => {
    const cwd = place();
    const { code, stdout, stderr } = await velatura([...paint, '-o', 'a.webp', '--json'], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [first, ...rest] = events(stdout);
    const done = rest.pop();
    expect(first).toEqual({
      event: 'start',
      settings: expect.objectContaining({ network: 'resnet50', size: 64, scales: [32, 64], steps: [3, 2] }),
      sizes: [
        { width: 32, height: 24 },
        { width: 64, height: 48 },
      ],
      network: expect.stringContaining('ResNet-50'),
      engine: expect.stringContaining('onnxruntime-node'),
      memory: { budget: expect.any(Number), foretold: expect.any(Number), scales: expect.any(Array) },
    });
    expect(rest.map(({ scale, step, steps }) => [scale, step, steps])).toEqual([
      [32, 1, 3],
      [32, 2, 3],
      [32, 3, 3],
      [64, 1, 2],
      [64, 2, 2],
    ]);
    for (const event of rest) {
      expect(Object.keys(event)).toEqual(['event', 'scale', 'step', 'steps', 'loss', 'seconds']);
      const { content, style, tv, total } = event.loss as Record<string, number>;
      expect((content as number) + (style as number) + (tv as number)).toBeCloseTo(total as number, 6);
    }
    const totals = rest.slice(0, 3).map(({ loss }) => (loss as { total: number }).total);
    expect(totals[2]).toBeLessThan(totals[0] as number);
    expect(done).toEqual({
      event: 'done',
      file: 'a.webp',
      width: 64,
      height: 48,
      seconds: expect.any(Number),
      peakMemory: expect.any(Number),
    });
    expect(done?.seconds).toBeGreaterThan((rest.at(-1) as { seconds: number }).seconds);
    expect(done?.peakMemory).toBeGreaterThan(50e6);
    expect(await readPicture(join(cwd, 'a.webp'))).toMatchObject({ width: 64, height: 48 });
  });

  it('says nothing but the path with --quiet', async () => {
    const outcome = await velatura([...paint, '-o', 'a.png', '--quiet'], { cwd: place() });
    expect(outcome).toEqual({ code: 0, signal: null, stdout: 'a.png\n', stderr: '' });
  });

  it('paints the same pixels from the same seed, and others from another', async () => {
    const cwd = place();
    const words = (seed: string, file: string) => [
      ...paint,
      '--init',
      'noise',
      '--threads',
      '2',
      '--seed',
      seed,
      '-o',
      file,
    ];
    for (const [seed, file] of [
      ['5', 'a.png'],
      ['5', 'b.png'],
      ['6', 'c.png'],
    ] as const) {
      expect((await velatura(words(seed, file), { cwd })).code).toBe(0);
    }
    const [a, b, c] = ['a.png', 'b.png', 'c.png'].map((file) => readFileSync(join(cwd, file)));
    expect(a?.equals(b as Buffer)).toBe(true);
    const [first, other] = [await readPicture(a as Buffer), await readPicture(c as Buffer)];
    expect(largestDifference(first.data, other.data)).toBeGreaterThan(0.1);
  });

  it('keeps what is transparent', async () => {
    const cwd = place();
    await writePicture(join(cwd, 'faded.png'), fadingWaves(80, 60));
    const words = ['paint', 'faded.png', '--style', style, '--size', '64', '--scales', '64', '--steps', '2'];
    expect((await velatura(words, { cwd })).code).toBe(0);
    const { alpha } = await readPicture(join(cwd, 'faded-style.png'));
    expect(alpha?.[24 * 64]).toBe(1);
    expect(alpha?.[24 * 64 + 63]).toBe(0);
  });

  it('replaces a file only by a whole painting', async () => {
    const cwd = place();
    const file = join(cwd, 'a.png');
    writeFileSync(file, 'precious');
    const running = start([...paint, '-o', 'a.png', '--json'], { cwd });
    await running.until(/"event":"step"/);
    expect(readFileSync(file, 'utf8')).toBe('precious');
    expect((await running.outcome).code).toBe(0);
    expect(await readPicture(file)).toMatchObject({ width: 64 });
  });

  it('goes on when nobody listens any more', async () => {
    const cwd = place();
    const running = start([...paint, '-o', 'a.png', '--json'], { cwd });
    await running.until(/"event":"start"/);
    running.child.stdout.destroy();
    const { code, stderr } = await running.outcome;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(existsSync(join(cwd, 'a.png'))).toBe(true);
  });

  it('writes to a name as long as names can be', async () => {
    const cwd = place();
    const output = `${longName}.png`;
    expect(await velatura([...paint, '-o', output, '--quiet'], { cwd })).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect(readdirSync(cwd)).toEqual([output]);
  });

  it('keeps the painting elsewhere when its folder has gone', async () => {
    const cwd = place();
    const temporary = place();
    const output = join(place(), `${longName}.webp`);
    const running = start([...paint, '-o', output, '--json'], {
      cwd,
      env: { TMPDIR: temporary, TEMP: temporary },
    });
    await running.until(/"event":"start"/);
    rmSync(join(output, '..'), { recursive: true });
    const { code, stderr } = await running.outcome;
    expect(code).toBe(2);
    const found = readdirSync(temporary).find((name) => name.startsWith('velatura-')) ?? '';
    const kept = join(found, `${longName}.png`);
    expect(stderr).toBe(
      `${output} cannot be written: there is no folder ${join(output, '..')}. The painting is in ${join(temporary, kept)}.\n`,
    );
    expect(await readPicture(join(temporary, kept))).toMatchObject({ width: 64, height: 48 });
  });
});

describe('--preview', () => {
  it('shows the painting as it grows: always a whole picture, at the end the painting', async () => {
    const cwd = place();
    const words = [...paint, '--steps', '12,12', '-o', 'a.png', '--preview', 'p.png', '--json'];
    const running = start(words, { cwd });
    let ended = false;
    const ending = running.outcome.finally(() => {
      ended = true;
    });
    const widths = new Set<number>();
    while (!ended) {
      if (existsSync(join(cwd, 'p.png'))) widths.add((await readPicture(join(cwd, 'p.png'))).width);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect((await ending).code).toBe(0);
    expect([...widths].sort()).toEqual([32, 64]);
    const [painting, preview] = [
      await readPicture(join(cwd, 'a.png')),
      await readPicture(join(cwd, 'p.png')),
    ];
    expect(preview).toEqual(painting);
    expect(readdirSync(cwd).sort()).toEqual(['a.png', 'p.png']);
  });

  it('does not stop the painting when it cannot be written', async () => {
    const cwd = place();
    const gone = place();
    const running = start([...paint, '-o', 'a.png', '--preview', join(gone, 'p.png'), '--json'], { cwd });
    await running.until(/"event":"start"/);
    rmSync(gone, { recursive: true });
    const { code, stderr } = await running.outcome;
    expect(code).toBe(0);
    expect(stderr).toMatch(/^The preview is left out\. .*there is no folder .*\n$/);
    expect(existsSync(join(cwd, 'a.png'))).toBe(true);
  });
});

describe('a painting and its settings', () => {
  const told = ['--content-weight', '0.2', '--style-taps', 'conv1,3b:0.5', '--init', 'noise', '--seed', '9'];

  it('shows them, and the command that paints it again', async () => {
    const cwd = place();
    expect((await velatura([...paint, ...told, '-o', 'a.jpg'], { cwd })).code).toBe(0);
    const { code, stdout } = await velatura(['show', 'a.jpg'], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^a\.jpg, painted by Velatura \d/);
    expect(stdout).toContain('content.png in the style of style.jpg');
    expect(stdout).toMatch(/^ {2}content weight +0\.2$/m);
    expect(stdout).toMatch(/^ {2}style taps +conv1:1, 3b:0\.5$/m);
    const command =
      'velatura paint content.png --style style.jpg --scales 32,64 --steps 3,2 ' +
      '--content-weight 0.2 --style-taps conv1:1,3b:0.5 --init noise --seed 9';
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(`  ${command}`);

    const record = await readRecord(join(cwd, 'a.jpg'));
    const json = await velatura(['show', 'a.jpg', '--json'], { cwd });
    expect(JSON.parse(json.stdout)).toEqual({ ...record, command });

    // The command does what it says.
    const again = command.split(' ').slice(1).concat('-o', '../again.jpg', '--threads', '2');
    const other = join(cwd, '..', basename(cwd));
    await writePicture(join(other, 'content.png'), waves(80, 60));
    await writePicture(join(other, 'style.jpg'), waves(60, 90));
    expect((await velatura(again, { cwd: other })).code).toBe(0);
    expect((await readRecord(join(folder, 'again.jpg'))).settings).toEqual(record.settings);
  });

  it('are defaults for another with --like', async () => {
    const cwd = place();
    expect((await velatura([...paint, ...told, '-o', 'a.tif'], { cwd })).code).toBe(0);
    const { settings } = await readRecord(join(cwd, 'a.tif'));
    const bare = ['paint', content, '--style', style, '--like', 'a.tif'];

    expect((await velatura([...bare, '-o', 'b.avif'], { cwd })).code).toBe(0);
    expect((await readRecord(join(cwd, 'b.avif'))).settings).toEqual(settings);

    const changed = [...bare, '-o', 'c.png', '--size', '48', '--steps', '1', '--seed', '10'];
    expect((await velatura(changed, { cwd })).code).toBe(0);
    expect((await readRecord(join(cwd, 'c.png'))).settings).toEqual({
      ...settings,
      size: 48,
      scales: [48],
      steps: [1],
      seed: 10,
    });

    const overwriting = await velatura([...bare, '-o', 'a.tif'], { cwd });
    expect(overwriting).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^a\.tif is what is painted from/),
    });
    const contrary = await velatura([...bare, '--preset', 'classic'], { cwd });
    expect(contrary).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^--preset classic and --like a\.tif/),
    });
  });
});
