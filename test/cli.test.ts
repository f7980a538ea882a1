import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { architectureNamed, resolveSettings, writePicture } from 'velatura';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { program, velatura } from './support/cli.ts';
import { pngFile, testFolder, waves } from './support/pictures.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
// A machine may be busy with other tests.
vi.setConfig({ testTimeout: 120_000 });

const folder = testFolder();
const run = (words: readonly string[], env: Record<string, string> = {}) =>
  velatura(words, { cwd: folder, env });

beforeAll(async () => {
  await writePicture(join(folder, 'content.png'), waves(80, 60));
  await writePicture(join(folder, 'style.jpg'), waves(60, 60));
});

describe('velatura', () => {
  it('helps, and says its version', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(await run(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
    const help = await run(['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const command of ['paint', 'show', 'models']) expect(help.stdout).toContain(`  ${command}`);
    expect(await run([])).toMatchObject({ code: 2, stdout: '', stderr: help.stdout });
  });

  it('helps with painting: every option, with what it is by default', async () => {
    const { code, stdout } = await run(['paint', '--help']);
    expect(code).toBe(0);
    const options =
      '--output --style --size --network --preset --scales --steps --content-weight --style-weight --tv-weight ' +
      '--content-taps --style-taps --pooling --optimizer --init --seed --threads --preview --quiet --json --like --debug';
    for (const option of options.split(' ')) expect(stdout).toContain(option);
    const text = stdout.replace(/\s+/g, ' ');
    const usual = resolveSettings({}, architectureNamed('resnet50'));
    expect(text).toContain(`(default: ${usual.contentWeight})`);
    expect(text).toContain(`(default: ${usual.scales.join()})`);
    expect(text).toContain('$ velatura paint town.jpg --style swirls.jpg');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('builds itself in a fresh checkout, once', () => {
    const checkout = mkdtempSync(join(folder, 'checkout-'));
    for (const name of ['bin', 'src', 'studio', 'package.json', 'tsconfig.json', 'tsconfig.build.json']) {
      const filter = (file: string) => !file.includes(join('studio', 'node_modules'));
      cpSync(join(root, name), join(checkout, name), { recursive: true, filter });
    }
    mkdirSync(join(checkout, 'node_modules'));
    for (const name of readdirSync(join(root, 'node_modules')).filter((name) => !name.startsWith('.'))) {
      symlinkSync(join(root, 'node_modules', name), join(checkout, 'node_modules', name), 'junction');
    }
    const version = () =>
      spawnSync(process.execPath, [join(checkout, 'bin/velatura.js'), '--version'], { encoding: 'utf8' });
    const first = version();
    expect(first).toMatchObject({ status: 0, stderr: 'Building Velatura, this once...\n' });
    expect(version()).toMatchObject({ status: 0, stderr: '', stdout: first.stdout });
    expect(readdirSync(join(checkout, 'dist/studio')).sort()).toEqual(['assets', 'icon.svg', 'index.html']);
    const later = new Date(Date.now() + 3_600_000);
    utimesSync(join(checkout, 'studio/src/App.svelte'), later, later);
    expect(version()).toMatchObject({
      status: 0,
      stderr: 'Building Velatura anew...\n',
      stdout: first.stdout,
    });
    expect(readdirSync(checkout).filter((name) => name.startsWith('.'))).toEqual([]);
    const latest = new Date(Date.now() + 7_200_000);
    utimesSync(join(checkout, 'src/cli/text.ts'), latest, latest);
    // Without a compiler, as in a package, what is built is what there is.
    rmSync(join(checkout, 'node_modules/typescript'));
    expect(version()).toMatchObject({ status: 0, stderr: '', stdout: first.stdout });
  }, 60_000);
});

describe('a command line that makes no sense', () => {
  const paint = ['paint', 'content.png', '--style', 'style.jpg'];
  const like = ['--like', 'content.png'];
  const cases: [string, string[], RegExp][] = [
    ['an unknown command', ['pain'], /^Unknown command 'pain' \(Did you mean paint\?\)$/],
    [
      'an unknown option',
      ['paint', 'content.png', '--stile', 'x'],
      /^Unknown option '--stile' \(Did you mean --style\?\)$/,
    ],
    [
      'no content',
      ['paint', '--style', 'style.jpg'],
      /^Missing required argument 'content'; name it before --style, which takes all that follows\.$/,
    ],
    ['no style', ['paint', 'content.png'], /--style <picture>/],
    [
      'an option without its value',
      ['paint', 'content.png', '--style'],
      /^Option '--style <pictures...>' argument missing\.$/,
    ],
    ['a second style that is not there', [...paint, 'other.png'], /^There is no file other\.png/],
    [
      'a size that is none',
      [...paint, '--size', 'big'],
      /^--size must be a whole number of pixels, not "big"\.$/,
    ],
    ['a tiny size', [...paint, '--size', '2'], /^--size must be at least \d+ pixels, not "2"\.$/],
    ['a vast size', [...paint, '--size', '999999'], /^--size must be at most \d+ pixels/],
    ['scales that shrink', [...paint, '--scales', '64,32'], /^scales must grow/],
    ['scales that are none', [...paint, '--scales', '64,,96'], /^--scales must be/],
    ['no steps', [...paint, '--steps', '0'], /^--steps must be at least 1/],
    [
      'a negative weight',
      [...paint, '--content-weight', '-1'],
      /^--content-weight must not be negative, not "-1"\.$/,
    ],
    [
      'a weight that is none',
      [...paint, '--tv-weight', 'much'],
      /^--tv-weight must be a number, not "much"\.$/,
    ],
    [
      'a tap of weight zero',
      [...paint, '--style-taps', 'conv1:0'],
      /^--style-taps must have weights above 0/,
    ],
    ['no taps', [...paint, '--content-taps', ''], /^--content-taps must name at least one tap/],
    [
      'a tap that is not there',
      [...paint, '--style-taps', 'conv1,9z'],
      /^resnet50 has no tap "9z"; its taps are conv1, 2a/,
    ],
    [
      'an unknown network',
      [...paint, '--network', 'vgg99'],
      /^There is no network "vgg99"; the networks are resnet50, vgg19 and vgg16/,
    ],
    ['a network that is not there', [...paint, '--network', 'x/y.h5'], /^The file x\/y\.h5 is not there\.$/],
    ['an unknown pooling', [...paint, '--pooling', 'min'], /^--pooling must be max or avg, not "min"\.$/],
    ['an unknown optimizer', [...paint, '--optimizer', 'sgd'], /^--optimizer must be lbfgs or adam/],
    ['an unknown preset', [...paint, '--preset', 'new'], /^--preset must be default or classic/],
    ['a seed that is none', [...paint, '--seed', '1.5'], /^--seed must be a whole number/],
    [
      'a tap with two weights',
      [...paint, '--style-taps', '2a:1:2'],
      /^--style-taps must have numbers as weights/,
    ],
    [
      'far too many threads',
      [...paint, '--threads', '5000'],
      /^--threads must be a whole number from 1 to \d+, /,
    ],
    ['an output without a name', [...paint, '-o', ''], /^The file to write has no name/],
    [
      'a content in the web',
      ['paint', 'http://a.b/c.png', '--style', 'style.jpg'],
      /c\.png is not on this machine;/,
    ],
    [
      'a style on another machine',
      ['paint', 'content.png', '--style', 'file://host/a.png'],
      /names no file on this/,
    ],
    [
      'an output that is the content, by its URL',
      ['paint', pathToFileURL(join(folder, 'content.png')).href, '--style', 'style.jpg', '-o', 'content.png'],
      /^content\.png is what is painted from/,
    ],
    ['no threads', [...paint, '--threads', '0'], /^--threads must be a whole number from 1/],
    [
      'an unknown extension',
      [...paint, '-o', 'x.bmp'],
      /^x\.bmp cannot end in \.bmp; what can be written are \.png/,
    ],
    [
      'an output folder that is not there',
      [...paint, '-o', 'nowhere/x.png'],
      /^nowhere\/x\.png cannot be written: there is no folder /,
    ],
    ['an output that is a folder', [...paint, '-o', '.'], /^\. is a folder; name a file in it\.$/],
    [
      'an output that is the content',
      [...paint, '-o', './content.png'],
      /^\.\/content\.png is what is painted from/,
    ],
    [
      'an output that is the style',
      ['paint', 'content.png', '--style', 'link.jpg', '-o', 'style.jpg'],
      /^style\.jpg is what is painted from/,
    ],
    [
      'a preview that is the content',
      [...paint, '--preview', 'content.png'],
      /^content\.png is what is painted from/,
    ],
    [
      'a preview that is the output',
      [...paint, '-o', 'x.png', '--preview', 'x.png'],
      /^The preview and the painting cannot be/,
    ],
    [
      'a preview that is the output by another path',
      [...paint, '-o', 'x.png', '--preview', 'here/x.png'],
      /^The preview and the painting cannot be the same file, here\/x\.png\.$/,
    ],
    [
      'a checkpoint that is the output by another path',
      [...paint, '-o', 'x.png', '--checkpoint', 'here/x.png'],
      /^The checkpoint and what is painted cannot be the same file, here\/x\.png\.$/,
    ],
    [
      'a checkpoint that is the output by a link to what is not there yet',
      [...paint, '-o', 'x.png', '--checkpoint', 'x.link'],
      /^The checkpoint and what is painted cannot be/,
    ],
    [
      'a checkpoint that is the preview by another path',
      [...paint, '-o', 'x.png', '--preview', 'y.png', '--checkpoint', 'here/y.png'],
      /^The checkpoint and what is painted cannot be/,
    ],
    [
      "a texture's checkpoint that is the output by another path",
      ['texture', 'style.jpg', '-o', 'here/x.png', '--checkpoint', 'x.png'],
      /^The checkpoint and what is painted cannot be/,
    ],
    [
      'a preview that is a painting of a series by another path',
      [...paint, '-o', 'here/', '--preview', 'content-style.png'],
      /^The preview and a painting cannot be the same file, content-style\.png\.$/,
    ],
    ['an example without settings', [...paint, ...like], /^content\.png carries no settings/],
    [
      'a missing content',
      ['paint', 'nobody.png', '--style', 'style.jpg'],
      /^There is no file nobody\.png; check its name\.$/,
    ],
    ['a missing style', ['paint', 'content.png', '--style', 'nobody.png'], /^There is no file nobody\.png/],
    ['a missing start', [...paint, '--init', 'nobody.png'], /^There is no file nobody\.png/],
    [
      'a content that is a folder',
      ['paint', 'folder', '--style', 'style.jpg'],
      /^folder is a folder, not a picture/,
    ],
    ['an empty content', ['paint', 'empty.jpg', '--style', 'style.jpg'], /^empty\.jpg is empty/],
    [
      'a style that is no picture',
      ['paint', 'content.png', '--style', 'notes.jpg'],
      /^notes\.jpg is no picture/,
    ],
    ['half a content', ['paint', 'half.jpg', '--style', 'style.jpg'], /^half\.jpg is damaged or cut off/],
    ['a content of one pixel', ['paint', 'dot.png', '--style', 'style.jpg'], /^dot\.png is too small: 1 x 1/],
    [
      'an enormous content',
      ['paint', 'vast.png', '--style', 'style.jpg'],
      /^vast\.png is too large: 60000 x 50000/,
    ],
    ['no painting to show', ['show'], /^Missing required argument 'painting'\.$/],
    ['a painting to show that is not there', ['show', 'nobody.png'], /^There is no file nobody\.png/],
    ['a picture to show that is no painting', ['show', 'style.jpg'], /^style\.jpg carries no settings/],
    [
      'an unknown command for models',
      ['models', 'foo'],
      /^"velatura models" has no command "foo"; it has list, pull,/,
    ],
    ['an unknown model', ['models', 'verify', 'vgg99'], /^There is no network "vgg99"/],
  ];
  let before: string[];

  beforeAll(() => {
    mkdirSync(join(folder, 'folder'));
    writeFileSync(join(folder, 'empty.jpg'), '');
    writeFileSync(join(folder, 'notes.jpg'), 'Dear diary, today I painted.');
    const jpeg = readFileSync(join(folder, 'style.jpg'));
    writeFileSync(join(folder, 'half.jpg'), jpeg.subarray(0, jpeg.length / 2));
    symlinkSync(join(folder, 'style.jpg'), join(folder, 'link.jpg'));
    symlinkSync(folder, join(folder, 'here'), 'junction');
    symlinkSync('x.png', join(folder, 'x.link'));
    const dot = { width: 1, height: 1, bits: 8, channels: 1 } as const;
    writeFileSync(join(folder, 'dot.png'), pngFile([0], dot));
    const claims = { width: 60_000, height: 50_000 };
    writeFileSync(join(folder, 'vast.png'), pngFile([0], { ...dot, claims }));
    before = readdirSync(folder).sort();
  });

  afterAll(() => {
    expect(readdirSync(folder).sort()).toEqual(before);
  });

  it.concurrent.each(cases)('is refused in one line: %s', async (_what, words, sentence) => {
    const { code, stdout, stderr } = await run(words);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr.trimEnd()).toMatch(sentence);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it.runIf(process.platform === 'linux')('is refused where nobody may write', async () => {
    const { code, stderr } = await run([...paint, '-o', '/sys/painting.png']);
    expect(stderr).toBe('/sys/painting.png cannot be written: /sys or the file is protected.\n');
    expect(code).toBe(2);
  });

  it.runIf(process.platform === 'linux').each([
    ['a history', [...paint, '--history', '/proc/x'], /^The folder \/proc\/x for the history cannot be made/],
    [
      'a series',
      [...paint, '-o', '/proc/x/'],
      /^The folder \/proc\/x\/ cannot be made \(ENOENT\); name another\.$/,
    ],
    [
      'a data folder',
      ['serve', '--data', '/proc/x/y'],
      /^The folder \/proc\/x\/y for the paintings cannot be/,
    ],
  ])('is refused where no folder can be made: %s', async (_what, words, sentence) => {
    const { code, stderr } = await run(words);
    expect(stderr.trimEnd()).toMatch(sentence);
    expect(code).toBe(2);
  });

  // Windows lets nobody remove a folder that a program runs in.
  it.skipIf(process.platform === 'win32')('is refused in a folder that has been removed', () => {
    const cwd = join(folder, 'gone');
    const [content, style] = ['content.png', 'style.jpg'].map((name) => join(folder, name)) as [
      string,
      string,
    ];
    const words = [process.execPath, program, 'paint', content, '--style', style];
    for (const more of [['-o', '../o.png'], ['-o', join(folder, 'o.png')], []]) {
      mkdirSync(cwd);
      const script = ['-c', 'rmdir ../gone; exec "$@"', 'sh', ...words, ...more];
      const { status, stderr } = spawnSync('sh', script, { cwd, encoding: 'utf8' });
      expect(stderr).toBe('The folder that this runs in has been removed; go to another, and begin there.\n');
      expect(status).toBe(2);
    }
  });

  it('shows where it came from with --debug', async () => {
    const { code, stderr } = await run([...paint, '-o', 'x.bmp', '--debug']);
    expect(stderr).toMatch(/x\.bmp cannot end in \.bmp/);
    expect(stderr).toMatch(/\n {4}at /);
    expect(code).toBe(2);
  });
});

describe('velatura models', () => {
  it('lists what is here and what can be had, with sizes and licences', async () => {
    const cache = mkdtempSync(join(folder, 'cache-'));
    const { code, stdout } = await run(['models'], { VELATURA_CACHE: cache, VELATURA_MODELS: '' });
    expect(code).toBe(0);
    for (const name of ['resnet50', 'vgg19', 'vgg16']) expect(stdout).toMatch(new RegExp(`^${name} `, 'm'));
    expect(stdout.match(/not here: \d+\.\d MB to fetch from /g)).toHaveLength(3);
    expect(stdout.match(/licence: /g)).toHaveLength(3);
    expect(stdout).toContain(cache);
    expect((await run(['models', 'list'], { VELATURA_CACHE: cache, VELATURA_MODELS: '' })).stdout).toBe(
      stdout,
    );
  });

  it('says so when there is nothing to verify or remove', async () => {
    const env = { VELATURA_CACHE: mkdtempSync(join(folder, 'cache-')) };
    expect(await run(['models', 'verify'], env)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^No weights are here/),
    });
    expect(await run(['models', 'remove', 'vgg19'], env)).toMatchObject({
      code: 0,
      stdout: 'vgg19 was not here.\n',
    });
    const missing = await run(['models', 'verify', 'vgg19'], env);
    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(/^The weights of vgg19 are not here; run "velatura models pull vgg19"/);
  });

  it('verifies all that are here, whatever is wrong with one', async () => {
    const cache = mkdtempSync(join(folder, 'cache-'));
    mkdirSync(join(cache, 'models'));
    for (const name of ['vgg19', 'vgg16'])
      writeFileSync(join(cache, 'models', `${name}.safetensors`), 'rubbish');
    const { code, stdout, stderr } = await run(['models', 'verify'], { VELATURA_CACHE: cache });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^.*vgg19.*\n.*vgg16.*\n$/);
  });

  it('does not take for weights what are none', async () => {
    const env = { VELATURA_CACHE: mkdtempSync(join(folder, 'cache-')) };
    const { code, stderr } = await run(['models', 'pull', 'resnet50', '--from', 'notes.jpg'], env);
    expect(stderr).toMatch(/notes\.jpg is no weight file/);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(code).toBe(2);
  });
});
