import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import { PGlite, parse, protocol } from '@electric-sql/pglite';
import { makeFolder, UserError } from '../../node/index.ts';
import { within } from '../within.ts';
import { type Bound, binder } from './bind.ts';
import type { Database, Query, Value } from './database.ts';
import { guardFolder } from './guard.ts';
import { migrate } from './migrations.ts';
import { checkRoomToOpen, type Room, roomOf } from './room.ts';

/** PostgreSQL's number for the type of bytes. */
const BYTEA = 17;

/** PGlite's own way from text to bytes takes five times as long. */
const parsers = { [BYTEA]: (text: string) => new Uint8Array(Buffer.from(text.slice(2), 'hex')) };

/** A fourth of PostgreSQL's usual buffers, which are the process's own memory: what they do not hold the system's cache does. */
const startParams = [...PGlite.defaultStartParams, '-c', 'shared_buffers=32MB'];

/**
 * Opens the database of a data folder, and makes both where there are none.
 * @param log told what somebody who looks after the server should know
 * @throws UserError when another process has it, or it cannot be opened
 */
export async function openEmbedded(folder: string, log: (line: string) => void): Promise<Database> {
  await makeData(folder);
  const release = await guardFolder(folder);
  try {
    const database = await open(folder, roomOf(folder, log));
    return {
      ...database,
      close: async () => {
        await database.close();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

async function makeData(folder: string): Promise<void> {
  // The paintings in it are nobody else's business.
  await makeFolder(folder, 0o700).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(
      `The folder ${folder} for the paintings cannot be made (${error.code}); name another with --data.`,
      { cause: error },
    );
  });
}

async function open(folder: string, room: Room): Promise<Database> {
  const place = join(folder, 'postgres');
  checkRoomToOpen(folder, !existsSync(place));
  if (!existsSync(place)) {
    // Elsewhere first: one that was only half made would not open again.
    const fresh = join(folder, 'postgres.part');
    await rm(fresh, { recursive: true, force: true });
    const database = await openPlace(fresh, room);
    await database.close();
    await rename(fresh, place);
  }
  return await openPlace(place, room);
}

async function openPlace(place: string, room: Room): Promise<Database> {
  const pglite = await PGlite.create(place, { parsers, startParams }).catch((error: unknown) => {
    throw new UserError(
      `The paintings in ${place} cannot be opened (${error instanceof Error ? error.message : error}); make the folder readable, or name another with --data.`,
      { cause: error },
    );
  });
  const database = wrap(pglite, room);
  try {
    await migrate(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** What only reads; all else is written to the log as well. */
const READS = /^\s*select (?!pg_notify)/;

function wrap(pglite: PGlite, room: Room): Database {
  const statement = statementOf(pglite);
  const alone = within(1);
  return {
    embedded: true,
    checkRoom: (bytes) => room.checkFiles(bytes),
    query: (text, values) =>
      alone(1, async () => {
        const files = bytesIn(values);
        if (files > 0) room.takeFiles(files);
        else if (!READS.test(text)) room.takeWords(0);
        return await statement(text, values);
      }),
    transaction: (work, bytes = 0) =>
      alone(1, async () => {
        room.takeWords(bytes);
        // Statements run in the server's own thread, one after another: it hears what else there is first.
        await immediate();
        await statement('begin');
        try {
          const result = await work(statement);
          await statement('commit');
          return result;
        } catch (error) {
          await statement('rollback');
          throw error;
        }
      }),
    listen: (channel, heard) => {
      const listening = alone(1, () => pglite.listen(channel, heard));
      return () => void listening.then((stop) => alone(1, stop)).catch(() => {});
    },
    tidy: seldom(async () => {
      // There are no processes here that would do it by themselves.
      if (!room.isThere()) return;
      await alone(1, () => statement('vacuum'));
      await alone(1, () => statement('checkpoint'));
    }),
    close: () => alone(1, () => pglite.close()),
  };
}

/** Seconds between two times of tidying up. */
const TIDY_EVERY = 60;

function seldom(work: () => Promise<void>): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < 1000 * TIDY_EVERY) return;
    last = performance.now();
    await work();
  };
}

/**
 * Runs one statement, with all that is said about it in one message. PGlite's own `query` says it in six, and hands bytes over as
 * text: three times as long for most statements, and for pictures ten. Each statement is parsed and planned once, under a name, which
 * halves the time of most.
 */
function statementOf(pglite: PGlite): Query {
  const { parse: prepare, describe, execute, sync, close } = protocol.serialize;
  const bind = binder();
  const nothing = new Uint8Array();
  const run = Buffer.concat([describe({ type: 'P' }), execute(), sync()]);
  const names = new Map<string, string>();
  let named = 0;
  return async <Row>(text: string, values: readonly Value[] = []) => {
    const known = names.get(text);
    const statement = known ?? `statement ${named++}`;
    const first = known === undefined ? prepare({ name: statement, text }) : nothing;
    const said = bind(first, statement, values.map(plain), run);
    const answer = await pglite.execProtocolStream(said).catch(async (error: unknown) => {
      // It may have failed to be prepared, or be out of date: next time it is prepared anew.
      names.delete(text);
      await pglite.execProtocolStream(Buffer.concat([close({ type: 'S', name: statement }), sync()]));
      throw error;
    });
    names.set(text, statement);
    return (parse.parseResults(answer, pglite.parsers)[0]?.rows ?? []) as Row[];
  };
}

/** Bytes of files. */
function bytesIn(values: readonly Value[] = []): number {
  return values.reduce<number>((sum, value) => sum + (value instanceof Uint8Array ? value.length : 0), 0);
}

/** Bytes and nothing as they are, all else as text. */
function plain(value: Value): Bound {
  if (value === null || value instanceof Uint8Array) return value;
  return value instanceof Date ? value.toISOString() : String(value);
}
