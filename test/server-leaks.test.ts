import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import {
  allEvents,
  ask,
  content,
  embeddedPlace,
  form,
  killAtOnce,
  postgres,
  postgresPlace,
  startServer,
  type TestServer,
  until,
} from './support/server.ts';

// A machine may be busy with other tests.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

/** Has a process collect its garbage when it is told to. */
const COLLECT = {
  NODE_OPTIONS: '--expose-gc --import "data:text/javascript,process.on(\'SIGUSR2\',()=>gc())"',
};
const CLIENTS = 25;

let server: TestServer;
beforeAll(async () => {
  server = await startServer(
    await embeddedPlace(),
    ['--paintings', '0', '--max-queued-each', '1000', '--max-queued', '1000', '--max-look', '60000'],
    COLLECT,
  );
});

const at = (path: string, options: RequestInit = {}) => fetch(`${server.url}${path}`, options);
const finish = async (answer: Promise<Response>) => void (await (await answer).arrayBuffer());

async function metric(name: string): Promise<number> {
  const text = await (await at('/metrics')).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

/** A client that does everything once, and leaves nothing behind. */
async function client(seed: number): Promise<void> {
  const { id } = await ask(server, form({ seed }));
  const away = new AbortController();
  const watching = at(`/paintings/${id}/events`, { signal: away.signal });
  const events = (await watching).text().catch(() => {});
  const others = allEvents(server, id);
  await finish(at('/paintings'));
  await finish(at(`/paintings/${id}/content`));
  const half = new File([content.slice(0, content.size / 2)], 'half.png');
  await finish(at('/paintings', { method: 'POST', body: form({}, { content: half }) }));
  const broken = new AbortController();
  const breaking = at('/paintings', { method: 'POST', body: form({ seed }), signal: broken.signal });
  broken.abort();
  await breaking.catch(() => {});
  away.abort();
  await events;
  await finish(at(`/paintings/${id}`, { method: 'DELETE' }));
  await others;
}

async function wave(number: number): Promise<void> {
  await Promise.all(Array.from({ length: CLIENTS }, (_, i) => client(CLIENTS * number + i)));
}

/** Megabytes that are in use when all garbage is gone. */
async function held(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 4; i++) {
    server.child.kill('SIGUSR2');
    await sleep(150);
    const [heap, outside] = [
      await metric('nodejs_heap_size_used_bytes'),
      await metric('nodejs_external_memory_bytes'),
    ];
    least = Math.min(least, (heap + outside) / 1e6);
  }
  return least;
}

describe.skipIf(process.platform === 'win32')('a server that many have asked', () => {
  it('holds nothing of those who are gone', async () => {
    for (let number = 0; number < 3; number++) await wave(number);
    await until(async () => (await metric('velatura_streams')) === 0);
    const [files, memory] = [await metric('process_open_fds'), await held()];
    for (let number = 3; number < 9; number++) await wave(number);
    await until(async () => (await metric('velatura_streams')) === 0);
    // A few connections more or less are kept for the next request.
    await until(async () => (await metric('process_open_fds')) < files + CLIENTS);
    const growth = (await held()) - memory;
    // A form or a connection for each of them would be two megabytes or more.
    expect(growth).toBeLessThan(1.5);
  });
});

// Only a server's tables can be locked from outside.
describe.skipIf(!postgres || process.platform === 'win32')('a stream whose listener goes away', () => {
  it('is not counted when it had not begun', async () => {
    const place = await postgresPlace();
    const busy = await startServer(place, ['--paintings', '0']);
    const streams = async () => {
      const text = await (await fetch(`${busy.url}/metrics`)).text();
      return Number(/^velatura_streams (\S+)$/m.exec(text)?.[1] ?? 0);
    };
    const { id } = await ask(busy, form({ seed: 1 }));
    const { hostname, port, host } = new URL(busy.url);
    const database = new pg.Client({ connectionString: place.env.DATABASE_URL });
    await database.connect();
    // The painting is looked for until the listener is gone.
    await database.query('begin; lock table velatura.paintings in access exclusive mode');
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write(`GET /paintings/${id}/events HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await sleep(300);
    socket.destroy();
    await sleep(300);
    await database.query('commit');
    await database.end();
    // One that stays is asked for later, and so counted later.
    const away = new AbortController();
    const staying = await fetch(`${busy.url}/paintings/${id}/events`, { signal: away.signal });
    expect(await streams()).toBe(1);
    away.abort();
    await staying.text().catch(() => {});
    await until(async () => (await streams()) === 0);
    await killAtOnce(busy);
  });
});
