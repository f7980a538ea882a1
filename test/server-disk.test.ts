import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pullModel } from 'velatura';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { velatura } from './support/cli.ts';
import { testFolder } from './support/pictures.ts';
import {
  ask,
  embeddedPlace,
  eventsUntil,
  form,
  look,
  type Place,
  paintProcesses,
  startServer,
  stepsDone,
  type TestServer,
  until,
} from './support/server.ts';

// A machine may be busy with other tests.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 600_000 });

const folder = testFolder();

/** A disk with as many free megabytes as a file says. */
function disk(megabytes: number) {
  const own = mkdtempSync(join(folder, 'disk-'));
  const [free, asked] = [join(own, 'free'), join(own, 'disk.mjs')];
  writeFileSync(
    asked,
    `import fs from 'node:fs';
     import { syncBuiltinESMExports } from 'node:module';
     fs.statfsSync = () => ({ bavail: Number(fs.readFileSync(${JSON.stringify(free)}, 'utf8')), bsize: 2 ** 20 });
     syncBuiltinESMExports();`,
  );
  const has = (megabytes: number) => writeFileSync(free, String(megabytes));
  has(megabytes);
  return { has, env: { NODE_OPTIONS: `--import ${pathToFileURL(asked)}` } };
}

const FULL = 'The disk of the server is full; free some of it, and try again.';
const post = async ({ url }: TestServer, seed = 0) => {
  const answer = await fetch(`${url}/paintings`, { method: 'POST', body: form({ size: 64, seed }) });
  return { status: answer.status, answer: (await answer.json()) as { error?: object } };
};
const until507 = (server: TestServer) => until(async () => (await post(server)).status === 507);

beforeAll(async () => {
  await pullModel('resnet50');
});

describe('a server whose disk is full', () => {
  it('refuses paintings, says so once, answers all else, and goes on when there is room again', async () => {
    const { has, env } = disk(1000);
    const server = await startServer(await embeddedPlace(), ['--paintings', '0'], env);
    const { id } = await ask(server, form({ size: 64 }));
    has(63);
    await until507(server);
    for (let seed = 0; seed < 3; seed++) {
      expect(await post(server, seed)).toEqual({
        status: 507,
        answer: { error: { code: 'disk_full', message: FULL } },
      });
    }
    expect(await look(server, id)).toMatchObject({ id, state: 'queued' });
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    // What is removed is said in few words.
    expect((await fetch(`${server.url}/paintings/${id}`, { method: 'DELETE' })).status).toBe(204);
    has(1000);
    await until(async () => (await post(server)).status === 201);
    server.child.kill('SIGTERM');
    const { code, stderr } = await server.outcome;
    expect(code).toBe(0);
    expect(stderr.match(/The disk of .* is full/g)).toHaveLength(1);
    expect(stderr).not.toContain('    at ');
  });

  it('keeps to reading, and ends when it is asked to, where there is nothing left', async () => {
    const { has, env } = disk(1000);
    const server = await startServer(await embeddedPlace(), [], env);
    has(0);
    await until507(server);
    expect((await fetch(`${server.url}/paintings`)).status).toBe(200);
    server.child.kill('SIGTERM');
    expect(await server.outcome).toMatchObject({ code: 0 });
  });

  it('has what is being painted wait for room, and loses nothing of it', async () => {
    const { has, env } = disk(1000);
    const words = ['--checkpoint-every', '0', '--preview-every', '0.1'];
    const server = await startServer(await embeddedPlace(), words, env);
    const { id } = await ask(server, form({ scales: [32], steps: [5000] }));
    const before = await eventsUntil(server, id, stepsDone(10));
    has(40);
    const waits = await eventsUntil(server, id, ({ data }) => data.state === 'queued', before.at(-1)?.id);
    await until(() => paintProcesses(server).length === 0);
    expect(await look(server, id)).toMatchObject({ state: 'queued', queuePosition: 1 });
    has(1000);
    const after = await eventsUntil(server, id, stepsDone(1), waits.at(-1)?.id);
    // From its checkpoint.
    expect(after.at(-1)?.data.done).toBeGreaterThan(1);
    await fetch(`${server.url}/paintings/${id}`, { method: 'DELETE' });
    server.child.kill('SIGTERM');
    const { stderr } = await server.outcome;
    expect(stderr.match(/The disk of .* is full/g)).toHaveLength(1);
    expect(stderr).not.toMatch(/could not be|cannot be reached/);
  });

  it('says so where it is started', async () => {
    const start = ({ words, env }: Place, more: Record<string, string>) =>
      velatura(['serve', '--port', '0', ...words], {
        cwd: folder,
        env: { VELATURA_TOKEN: '', ...env, ...more },
      });
    const place = await embeddedPlace();
    const refusal = {
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^The disk of .* is full \(\d+ MB are free\); free some of it, .*\.\n$/),
    };
    // Where it is made, and where it is there already.
    expect(await start(place, disk(60).env)).toMatchObject(refusal);
    rmSync(place.words[1] as string, { recursive: true });
    const first = await startServer(place);
    first.child.kill('SIGTERM');
    await first.outcome;
    expect(await start(place, disk(3).env)).toMatchObject(refusal);
  });
});
