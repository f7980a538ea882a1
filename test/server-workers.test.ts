import pg from 'pg';
import { pullModel } from 'velatura';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Running } from './support/cli.ts';
import {
  allEvents,
  ask,
  eventsUntil,
  form,
  killAtOnce,
  look,
  type Place,
  paintProcesses,
  picture,
  postgres,
  postgresPlace,
  startServer,
  startWorker,
  stepsDone,
  type TestEvent,
  type TestServer,
  until,
} from './support/server.ts';

// A machine may be busy with other tests.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 600_000 });

const words = ['--checkpoint-every', '0', '--lease', '3'];
const small = { scales: [32], steps: [3] };
const long = { scales: [32, 64], steps: [6, 24] };

describe.skipIf(!postgres)('workers', () => {
  let place: Place;
  let server: TestServer;
  let workers: Running[];

  beforeAll(async () => {
    await pullModel('resnet50');
    place = await postgresPlace();
    server = await startServer(place, ['--paintings', '0', ...words]);
    workers = [await startWorker(place, words), await startWorker(place, words)];
  });

  it('paint each painting once', async () => {
    const asked = await Promise.all([1, 2, 3, 4].map((seed) => ask(server, form({ ...small, seed }))));
    for (const { id } of asked) {
      const told = await allEvents(server, id);
      const names = told.map(({ name, data }) => (name === 'state' ? data.state : name));
      expect(names.filter((name) => name !== 'preview')).toEqual([
        'queued',
        'painting',
        'step',
        'step',
        'step',
        'done',
        'end',
      ]);
    }
  });

  it('take over from one that was killed, and the painting comes out the same', async () => {
    const straight = await ask(server, form(long));
    await allEvents(server, straight.id);
    const { id } = await ask(server, form(long));
    await eventsUntil(server, id, stepsDone(9));
    const [victim] = workers.filter((worker) => paintProcesses(worker).length > 0) as [Running];
    await killAtOnce(victim);
    const told = await allEvents(server, id);
    expect(told.filter(({ name, data }) => name === 'state' && data.state === 'painting')).toHaveLength(2);
    expect(told.filter(({ name }) => name === 'done')).toHaveLength(1);
    const steps = told.filter(({ name }) => name === 'step').map(({ data }) => data.done);
    expect(steps.filter((done) => done === 1)).toHaveLength(1);
    expect(await picture(server, id)).toEqual(await picture(server, straight.id));
  });

  describe.skipIf(process.platform === 'win32')('that wake up after others took their painting', () => {
    /** What is told until the painting is had for the second time. */
    const takenOver = () => {
      let had = 0;
      return ({ name, data }: TestEvent) => name === 'state' && data.state === 'painting' && ++had === 2;
    };

    async function atWork(): Promise<Running> {
      let busy: Running[] = [];
      await until(async () => {
        busy = workers.filter((worker) => paintProcesses(worker).length > 0);
        return busy.length > 0;
      });
      return busy[0] as Running;
    }

    beforeAll(async () => {
      workers.push(await startWorker(place, words));
    });

    it('write nothing of it any more', async () => {
      const { id } = await ask(server, form({ scales: [64], steps: [200] }));
      await eventsUntil(server, id, stepsDone(3));
      const sleeper = await atWork();
      sleeper.child.kill('SIGSTOP');
      await eventsUntil(server, id, takenOver());
      sleeper.child.kill('SIGCONT');
      const told = await allEvents(server, id);
      expect(told.filter(({ name }) => name === 'done')).toHaveLength(1);
      // From the moment that the other one had it, its steps alone are told: each once, one after another.
      const second = told.map(({ data }) => data.state).lastIndexOf('painting');
      const steps = told.slice(second).filter(({ name }) => name === 'step');
      const first = steps[0]?.data.step as number;
      expect(steps.map(({ data }) => data.step)).toEqual(
        Array.from({ length: 201 - first }, (_, i) => first + i),
      );
      expect((await look(server, id)).state).toBe('done');
    });

    it('hold it no longer, where they fell asleep while they wrote', async () => {
      const { id } = await ask(server, form({ scales: [64], steps: [200] }));
      await eventsUntil(server, id, stepsDone(3));
      const sleeper = await atWork();
      // Nothing can be told until the worker sleeps: it has locked the painting by then, and waits to tell of a step.
      const database = new pg.Client({ connectionString: place.env.DATABASE_URL });
      await database.connect();
      await database.query('begin; lock table velatura.events in exclusive mode');
      await until(async () => {
        const { rows } = await database.query(
          "select 1 from pg_locks where relation = 'velatura.events'::regclass and not granted",
        );
        return rows.length > 0;
      });
      sleeper.child.kill('SIGSTOP');
      await database.query('commit');
      await database.end();
      await eventsUntil(server, id, takenOver());
      sleeper.child.kill('SIGCONT');
      const told = await allEvents(server, id);
      expect(told.filter(({ name }) => name === 'done')).toHaveLength(1);
    });
  });
});
