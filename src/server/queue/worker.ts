import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { isDiskFull } from '../database/index.ts';
import type { PaintingRow } from '../paintings/painting.ts';
import { callWorkers, claim } from './claim.ts';
import { type Job, type JobOptions, startJob } from './job.ts';

export interface WorkerOptions extends JobOptions {
  /** Paintings at once. */
  readonly atOnce: number;
  /** Seconds without a word from a worker after which others take its paintings. */
  readonly leaseSeconds: number;
}

export interface Worker {
  /** Lets paintings go after their present step, with a checkpoint, and ends. */
  close(): Promise<void>;
}

type OwnRow = Pick<PaintingRow, 'id' | 'token' | 'wanted'>;

/** Milliseconds between two looks at what is wanted, where no message comes. */
const LOOK_EVERY = 500;
/** Bytes of files that a painting should be able to write before there is use in beginning it. */
const ROOM = 32 * 2 ** 20;
/** A worker that has not reached the database for this part of its lease gives its paintings up. */
const TRUSTED_SHARE = 0.7;
/** Milliseconds that a painting has for its last checkpoint when the worker closes. */
const CLOSING = 20_000;

/** Takes paintings from the queue and paints them. */
export function startWorker(options: WorkerOptions): Worker {
  const { database, atOnce, leaseSeconds, log, commandLine } = options;
  const name = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
  const jobs = new Map<string, Job>();
  let closing = false;
  /** When the database last knew that this worker lives. */
  let known = performance.now();
  let beaten = performance.now();
  let looking: Promise<void> | undefined;
  let again = false;

  /** Looks once more where something was said during a look. */
  function look(): void {
    if (looking) {
      again = true;
      return;
    }
    again = false;
    looking = lookOnce()
      .catch((error: unknown) => {
        if (!isDiskFull(error))
          log(`The database cannot be reached: ${error instanceof Error ? error.message : error}`);
        if (performance.now() - known < 1000 * leaseSeconds * TRUSTED_SHARE) return;
        for (const job of jobs.values()) job.abandon();
      })
      .finally(() => {
        looking = undefined;
        if (again) look();
      });
  }

  async function lookOnce(): Promise<void> {
    if (jobs.size > 0) await seeWhatIsWanted();
    while (!closing && jobs.size < atOnce) {
      database.checkRoom(ROOM);
      const row = await claim(database, name, leaseSeconds, commandLine);
      if (!row) break;
      if (jobs.size === 0) known = performance.now();
      const job = startJob(row, options);
      jobs.set(row.id, job);
      void job.over.then(() => {
        jobs.delete(row.id);
        look();
      });
    }
  }

  async function seeWhatIsWanted(): Promise<void> {
    const began = performance.now();
    const beat = began - beaten > (1000 * leaseSeconds) / 5;
    const rows = await (beat ? renewLeases() : findOwn());
    if (beat) {
      known = began;
      beaten = began;
    }
    for (const job of jobs.values()) {
      const row = rows.find(({ id, token }) => id === job.id && token === job.token);
      // Removed, or taken by another worker, while this one could not be reached.
      if (!row) job.abandon();
      else if (row.wanted) job.want(row.wanted);
    }
  }

  function findOwn(): Promise<OwnRow[]> {
    return database.query<OwnRow>(
      "select id, token, wanted from velatura.paintings where worker = $1 and state = 'painting'",
      [name],
    );
  }

  function renewLeases(): Promise<OwnRow[]> {
    return database.query<OwnRow>(
      `update velatura.paintings set lease_until = now() + $2 * interval '1 second'
       where worker = $1 and state = 'painting' returning id, token, wanted`,
      [name, leaseSeconds],
    );
  }

  const unlisten = database.listen('velatura_jobs', (painting) => {
    // Whoever has no room need not know of paintings that are not its own.
    if (jobs.size < atOnce || jobs.has(painting)) look();
  });
  const timer = setInterval(look, LOOK_EVERY);
  look();

  return {
    async close() {
      closing = true;
      unlisten();
      // One may just be taken.
      await looking;
      for (const job of jobs.values()) job.yield();
      const all = Promise.all([...jobs.values()].map(({ over }) => over));
      let late: NodeJS.Timeout | undefined;
      const patience = new Promise((resolve) => {
        late = setTimeout(resolve, CLOSING);
      });
      await Promise.race([all, patience]);
      clearTimeout(late);
      for (const job of jobs.values()) job.abandon();
      await all;
      clearInterval(timer);
      await looking;
      await callWorkers(database).catch(() => {});
    },
  };
}
