import { type Database, isDiskFull } from '../database/index.ts';
import type { Limits } from '../limits.ts';
import { readFile } from '../paintings/files.ts';
import type { CommandLine, PaintingRow } from '../paintings/painting.ts';
import { readUploads } from '../paintings/uploads.ts';
import { type Child, startChild } from './child.ts';
import { Lost, openLedger } from './ledger.ts';
import type { Answer, Order, StepProgress } from './protocol.ts';

export interface JobOptions {
  readonly database: Database;
  readonly limits: Pick<Limits, 'maxSeconds'>;
  readonly commandLine: CommandLine;
  readonly threads: number | undefined;
  readonly memory: number | undefined;
  readonly previewEvery: number;
  readonly checkpointEvery: number;
  /** Told what somebody who looks after the server should know. */
  readonly log: (line: string) => void;
  /** Told of what is counted. */
  readonly count: (what: 'step' | 'done' | 'failed') => void;
}

/** A painting that a worker has. */
export interface Job {
  readonly id: string;
  readonly token: number;
  /** The person wants it to pause or stop. */
  want(what: 'pause' | 'stop'): void;
  /** Has it let go after the present step, for another worker or for later. */
  yield(): void;
  /** Ends it at once and writes nothing more: it is no longer this worker's. */
  abandon(): void;
  readonly over: Promise<void>;
}

/** Milliseconds for which steps are gathered, to be written together. */
const GATHER = 100;

/** Paints a painting that was claimed, in a process of its own. */
export function startJob(row: PaintingRow, options: JobOptions): Job {
  const { database, limits, commandLine, log, count } = options;
  const ledger = openLedger(database, row, commandLine);
  let child: Child | undefined;
  let abandoned = false;
  /** Whether what is written last has been said. */
  let ended = false;
  let steps: StepProgress[] = [];
  let gathering: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let asked: 'pause' | 'stop' | undefined = row.wanted ?? undefined;
  let yielding = false;

  /** What the log knows already, or need not know. */
  const isExpected = (error: unknown) => error instanceof Lost || isDiskFull(error);

  /** Writes one after another; what cannot be written ends the job, for somebody to begin again from the checkpoint. */
  function write(work: () => Promise<void>): void {
    writing = writing.then(async () => {
      if (abandoned) return;
      try {
        await work();
      } catch (error) {
        if (!isExpected(error)) log(`Painting ${row.id} could not be written: ${error}`);
        abandon();
        // It waits for room on the disk in the queue. Where not even that can be written, its lease runs out.
        if (isDiskFull(error)) await ledger.release(undefined, undefined, false).catch(() => {});
      }
    });
  }

  function flush(): void {
    clearTimeout(gathering);
    gathering = undefined;
    const gathered = steps;
    steps = [];
    if (gathered.length > 0) write(() => ledger.steps(gathered));
  }

  function hear(answer: Answer): void {
    switch (answer.kind) {
      case 'begun':
        write(() => ledger.begun(answer.sizes));
        break;
      case 'step':
        if (answer.step.part === undefined) count('step');
        steps.push(answer.step);
        gathering ??= setTimeout(flush, GATHER);
        break;
      case 'preview':
        flush();
        write(() => ledger.preview(answer.bytes));
        break;
      case 'moment':
        write(() => ledger.moment(answer.moment, answer.bytes));
        break;
      case 'checkpoint':
        flush();
        write(async () => {
          await ledger.checkpoint(answer.bytes);
          child?.ask({ kind: 'kept' });
        });
        break;
      case 'done':
        end(async () => {
          await ledger.done(answer.pictures, answer.stopped);
          count('done');
        });
        break;
      case 'paused':
        end(() => ledger.release(answer.checkpoint, answer.pictures, true));
        break;
      case 'failed':
        end(() => fail(answer.reason));
        break;
    }
  }

  async function fail(reason: string): Promise<void> {
    await ledger.failed(reason);
    count('failed');
  }

  function end(work: () => Promise<void>): void {
    if (ended) return;
    ended = true;
    flush();
    write(work);
    void writing.then(() => child?.kill());
  }

  function abandon(): void {
    abandoned = true;
    child?.kill();
  }

  async function run(): Promise<void> {
    const order = await orderOf(row, options);
    if (abandoned) return;
    if (yielding) return await ledger.release(undefined, undefined, false);
    const left = limits.maxSeconds - (row.progress?.seconds ?? 0);
    child = startChild(order, hear);
    if (asked) child.ask({ kind: asked });
    const tooLong = setTimeout(
      () => {
        end(() =>
          fail(
            `It was not done after ${limits.maxSeconds} seconds, the most that are allowed here; ask for a smaller size or fewer steps.`,
          ),
        );
        child?.kill();
      },
      Math.min(1000 * Math.max(left, 1), 2 ** 31 - 1),
    );
    const reason = await child.gone;
    clearTimeout(tooLong);
    end(() => fail(reason));
    await writing;
  }

  const over = run().catch((error: unknown) => {
    if (!isExpected(error)) log(`Painting ${row.id} could not be painted here: ${error}`);
    abandon();
  });

  return {
    id: row.id,
    token: row.token,
    want(what) {
      if (asked === what) return;
      asked = what;
      child?.ask({ kind: what });
    },
    yield() {
      yielding = true;
      child?.ask({ kind: 'pause' });
    },
    abandon,
    over,
  };
}

async function orderOf(
  row: PaintingRow,
  { database: { query }, threads, memory, previewEvery, checkpointEvery }: JobOptions,
): Promise<Order> {
  const uploads = await readUploads(query, row);
  if (!uploads) throw new Lost('The painting was removed.');
  const checkpoint = await readFile(query, row.id, 'checkpoint');
  return {
    kind: 'paint',
    ...uploads,
    texture: row.texture ?? undefined,
    explain: row.explain ?? undefined,
    history: row.history ?? undefined,
    start: await readFile(query, row.id, 'start'),
    settings: row.resolved,
    checkpoint: checkpoint?.bytes,
    threads,
    memory,
    previewEvery,
    checkpointEvery,
  };
}
