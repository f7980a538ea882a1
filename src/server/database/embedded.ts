import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite, type Transaction } from '@electric-sql/pglite';
import { UserError } from '../../node/index.ts';
import type { Database, Query, Value } from './database.ts';
import { guardFolder } from './guard.ts';
import { migrate } from './migrations.ts';

/** PostgreSQL's number for the type of bytes. */
const BYTEA = 17;

/** PGlite's own way from bytes to text and back takes five times as long. */
const options = {
  serializers: {
    [BYTEA]: (value: Uint8Array) =>
      `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`,
  },
  parsers: { [BYTEA]: (text: string) => new Uint8Array(Buffer.from(text.slice(2), 'hex')) },
};

/**
 * Opens the database of a data folder, and makes both where there are none.
 * @throws UserError when another process has it, or it cannot be opened
 */
export async function openEmbedded(folder: string): Promise<Database> {
  await makeFolder(folder);
  const release = await guardFolder(folder);
  try {
    const database = await open(folder);
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

async function makeFolder(folder: string): Promise<void> {
  // The paintings in it are nobody else's business.
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(
      `The folder ${folder} for the paintings cannot be made (${error.code}); name another with --data.`,
      { cause: error },
    );
  });
}

async function open(folder: string): Promise<Database> {
  const place = join(folder, 'postgres');
  if (!existsSync(place)) {
    // Elsewhere first: one that was only half made would not open again.
    const fresh = join(folder, 'postgres.part');
    await rm(fresh, { recursive: true, force: true });
    const database = await openPlace(fresh);
    await database.close();
    await rename(fresh, place);
  }
  return await openPlace(place);
}

async function openPlace(place: string): Promise<Database> {
  const pglite = await PGlite.create(place, options).catch((error: unknown) => {
    throw new UserError(
      `The paintings in ${place} cannot be opened (${error instanceof Error ? error.message : error}); make the folder readable, or name another with --data.`,
      { cause: error },
    );
  });
  const database = wrap(pglite);
  try {
    await migrate(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

function wrap(pglite: PGlite): Database {
  return {
    embedded: true,
    query: queryOf(pglite),
    transaction: (work) => pglite.transaction((transaction) => work(queryOf(transaction))),
    listen: (channel, heard) => {
      const listening = pglite.listen(channel, heard);
      return () => void listening.then((stop) => stop()).catch(() => {});
    },
    tidy: seldom(async () => {
      // There are no processes here that would do it by themselves.
      await pglite.query('vacuum');
      await pglite.query('checkpoint');
    }),
    close: () => pglite.close(),
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

function queryOf(on: PGlite | Transaction): Query {
  return async <Row>(statement: string, values: readonly Value[] = []) =>
    (await on.query<Row>(statement, [...values])).rows;
}
