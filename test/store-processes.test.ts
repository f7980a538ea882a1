/* Several processes at one store. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { loadModel, pullModel, verifyModel } from '../src/node/store/index.ts';
import { serveFile, startServer } from './support/http-server.ts';
import { contents, kerasSource, md5, storeOptions, tinyHdf5 } from './support/weights-store.ts';
import { tinyWeights } from './support/weights-tiny.ts';

const script = fileURLToPath(new URL('./support/weights-pull.ts', import.meta.url));
const file = await tinyHdf5();

/** Starts a process that pulls into the folder. */
function start(folder: string, url: string): ChildProcess {
  const args = ['--import', 'tsx', script, folder, url, String(file.length), md5(file)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

async function result(child: ChildProcess): Promise<Record<string, unknown>> {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
  return JSON.parse(text);
}

it('that pull at the same time all succeed', { timeout: 60_000 }, async () => {
  // Nobody gets a byte before both have asked: neither can be done before the other starts.
  const asking: (() => void)[] = [];
  const server = await startServer((request, response) => {
    asking.push(() => serveFile(request, response, file));
    if (asking.length === 2) for (const answer of asking) answer();
  });
  const url = `${server.url}/tiny.h5`;
  const options = await storeOptions(kerasSource(url, file));
  const results = await Promise.all([start(options.folder, url), start(options.folder, url)].map(result));
  expect(server.requests).toHaveLength(2);
  expect(results[0]).toEqual(results[1]);
  expect(results[0]).toMatchObject({ name: 'tiny', fetched: true });
  expect(await contents(options.folder)).toEqual(['tiny.safetensors']);
  await verifyModel('tiny', options);
  const { weights } = await loadModel('tiny', options);
  expect(Object.fromEntries(weights)).toStrictEqual(Object.fromEntries(tinyWeights()));
});

it('that pull at the same time within one process all succeed', async () => {
  const asking: (() => void)[] = [];
  const server = await startServer((request, response) => {
    asking.push(() => serveFile(request, response, file));
    if (asking.length === 3) for (const answer of asking) answer();
  });
  const options = await storeOptions(kerasSource(`${server.url}/tiny.h5`, file));
  const results = await Promise.all([1, 2, 3].map(() => pullModel('tiny', options)));
  expect(results.map(({ fetched }) => fetched)).toEqual([true, true, true]);
  expect(await contents(options.folder)).toEqual(['tiny.safetensors']);
  await verifyModel('tiny', options);
});

it('of which one is killed half way leave a store that works', { timeout: 60_000 }, async () => {
  let asked: (response: ServerResponse) => void = () => {};
  const first = new Promise<ServerResponse>((resolve) => {
    asked = resolve;
  });
  const server = await startServer((request, response, number) => {
    if (number > 0) return serveFile(request, response, file);
    response.writeHead(200, { 'content-length': file.length });
    response.write(file.subarray(0, 1000), () => asked(response));
  });
  const url = `${server.url}/tiny.h5`;
  const options = await storeOptions(kerasSource(url, file));
  const child = start(options.folder, url);
  await first;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
  const leftovers = await contents(options.folder);
  expect(leftovers.filter((name) => name.startsWith(`.pull-${child.pid}-`))).not.toEqual([]);
  expect(leftovers).not.toContain('tiny.safetensors');
  await pullModel('tiny', options);
  await verifyModel('tiny', options);
  // What the killed process left is not a day old yet.
  expect((await contents(options.folder)).filter((name) => !name.startsWith('.pull-'))).toEqual([
    'tiny.safetensors',
  ]);
  expect((await readFile(join(options.folder, 'tiny.safetensors'))).length).toBeGreaterThan(20_000);
});
