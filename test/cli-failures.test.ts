import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { encodePicture, pullModel, readPicture, readRecord, writePicture } from 'velatura';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { events, program, velatura } from './support/cli.ts';
import { testFolder, waves } from './support/pictures.ts';

// A machine may be busy with other tests.
vi.setConfig({ testTimeout: 120_000 });

const folder = testFolder();
const content = join(folder, 'content.png');
const style = join(folder, 'style.jpg');
const place = () => mkdtempSync(join(folder, 'place-'));
const small = ['--size', '64', '--scales', '32,64', '--steps', '3,2', '-o', 'a.png'];
const paint = ['paint', content, '--style', style, ...small];

beforeAll(async () => {
  await writePicture(content, waves(80, 60));
  await writePicture(style, waves(60, 90));
  await pullModel('resnet50');
}, 600_000);

describe.runIf(process.platform === 'linux')('on a full disk', () => {
  /** Runs with one of the streams into what is always full, and returns what stands on the other. */
  async function full(words: readonly string[], stream: 'stdout' | 'stderr', cwd: string) {
    const sink = openSync('/dev/full', 'w');
    const streams = stream === 'stdout' ? [sink, 'pipe' as const] : ['pipe' as const, sink];
    const child = spawn(process.execPath, [program, ...words], { cwd, stdio: ['ignore', ...streams] });
    let said = '';
    (child.stdout ?? child.stderr)?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    return { code, said };
  }

  it('a painting is painted though its events cannot be printed', async () => {
    const cwd = place();
    const { code, said } = await full([...paint, '--json'], 'stdout', cwd);
    expect(said).toBe('Standard output could not be written (ENOSPC); what was printed is not whole.\n');
    expect(code).toBe(2);
    expect(await readPicture(join(cwd, 'a.png'))).toMatchObject({ width: 64, height: 48 });
  });

  it('a painting is painted though nothing can be said of it', async () => {
    const cwd = place();
    expect(await full(paint, 'stderr', cwd)).toEqual({ code: 2, said: 'a.png\n' });
    expect(await readPicture(join(cwd, 'a.png'))).toMatchObject({ width: 64, height: 48 });
  });
});

describe('when the engine fails at a later scale', () => {
  /** Ends the engine's thread when the first scale is done. */
  const sabotage = `
    import { Worker } from 'node:worker_threads';
    const { write } = process.stdout;
    const { postMessage } = Worker.prototype;
    let over = false;
    process.stdout.write = function (text, ...rest) {
      over ||= text.includes('"step":3,"steps":3');
      return write.call(this, text, ...rest);
    };
    Worker.prototype.postMessage = function (...message) {
      if (over) this.terminate();
      return postMessage.apply(this, message);
    };`;

  it('what is painted is written, and said', async () => {
    const cwd = place();
    const preload = join(folder, 'sabotage.mjs');
    writeFileSync(preload, sabotage);
    const env = { NODE_OPTIONS: `--import=${pathToFileURL(preload).href}` };
    const { code, stdout, stderr } = await velatura([...paint, '--json'], { cwd, env });
    expect(stderr).toMatch(
      /^onnxruntime-node .* stopped: .*\. The painting as far as it got is in a\.png\.\n$/,
    );
    expect(code).toBe(1);
    const stopped = { scale: 32, step: 3, steps: 3 };
    expect(events(stdout).at(-1)).toMatchObject({ event: 'done', file: 'a.png', stopped });
    expect(await readPicture(join(cwd, 'a.png'))).toMatchObject({ width: 64, height: 48 });
    expect((await readRecord(join(cwd, 'a.png'))).stopped).toEqual(stopped);
    expect(readdirSync(cwd)).toEqual(['a.png']);
  });
});

describe('a painting from somebody else', () => {
  const carrying = async (record: object) => {
    const cwd = place();
    const json = JSON.stringify(record).replaceAll('"', '&quot;');
    const rdf = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:v="urn:velatura:painting:1#" v:painting="${json}"/></rdf:RDF>`;
    const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/">${rdf}</x:xmpmeta>`;
    const png = await encodePicture(waves(20, 20), 'png');
    writeFileSync(join(cwd, 'a.png'), await sharp(png).withXmp(xmp).png().toBuffer());
    return cwd;
  };

  it('is shown without what a terminal would obey', async () => {
    const wild = '\u001b[31mred\u009b1m\u202e';
    const cwd = await carrying({
      program: wild,
      content: wild,
      style: `${wild}.jpg`,
      settings: { init: wild },
    });
    const shown = await velatura(['show', 'a.png'], { cwd });
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain('[31mred1m in the style of [31mred1m.jpg\n');
    const json = await velatura(['show', 'a.png', '--json'], { cwd });
    expect(JSON.parse(json.stdout)).toMatchObject({ program: wild, content: wild });
    for (const { stdout } of [shown, json]) expect(stdout).not.toMatch(/[^\n\P{Cc}]/u);
    const wrong = await carrying({ program: wild, settings: { size: -1 } });
    expect((await velatura(['show', 'a.png'], { cwd: wrong })).stderr).not.toMatch(/[^\n\P{Cc}]/u);
  });

  it.each(['network', 'init'])('asks for its %s where that is a file', async (name) => {
    const cwd = await carrying({ settings: { [name]: 'theirs.file' } });
    const like = ['paint', content, '--style', style, '--like', 'a.png', '-o', 'b.png'];
    expect(await velatura(like, { cwd })).toMatchObject({
      code: 2,
      stderr: `a.png was painted with theirs.file, which is not here; name where it is with --${name} <file>.\n`,
    });
    const given = await velatura([...like, `--${name}`, 'mine.file'], { cwd });
    expect(given.stderr).toMatch(/mine\.file/);
  });
});
