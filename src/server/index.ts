import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { UserError } from '../node/index.ts';
import { buildApp } from './app.ts';
import { type Database, isDiskFull, openDatabase } from './database/index.ts';
import type { Limits } from './limits.ts';
import { createMetrics } from './metrics.ts';
import { removeUnattached } from './paintings/files.ts';
import { listenForNews } from './paintings/news.ts';
import type { CommandLine } from './paintings/painting.ts';
import { freeAll } from './queue/claim.ts';
import { startWorker, type Worker } from './queue/worker.ts';
import { checkTokens } from './security.ts';
import { startInspector } from './uploads/inspector.ts';

export type { Limits } from './limits.ts';

export interface WorkOptions {
  /** Where a PostgreSQL server is; without one the paintings are in the data folder. */
  readonly databaseUrl?: string | undefined;
  /** Paintings at once. */
  readonly atOnce: number;
  /** For the arithmetic of one painting. */
  readonly threads?: number | undefined;
  /** Bytes that one painting may take; a safe part of what is free when left out. */
  readonly memory?: number | undefined;
  /** Seconds between two previews. */
  readonly previewEvery: number;
  /** The fewest seconds between two checkpoints. */
  readonly checkpointEvery: number;
  /** Seconds without a word from a worker after which others take its paintings. */
  readonly leaseSeconds: number;
  readonly limits: Limits;
  readonly commandLine: CommandLine;
  /** Told what somebody who looks after the server should know. */
  readonly log: (line: string) => void;
}

export interface ServeOptions extends WorkOptions {
  readonly host: string;
  /** 0 for any. */
  readonly port: number;
  /** The data folder; where the platform keeps data when left out. */
  readonly folder?: string | undefined;
  /** A secret, or several with commas between them, that clients have to know. */
  readonly token?: string | undefined;
  /** What each setting is for. */
  readonly controlWords: Readonly<Record<string, string>>;
}

export interface Running {
  /** Paintings go on from where they are when something takes them up again. */
  close(): Promise<void>;
}

/** Hours after which what nobody needs any more is removed, and between two such times. */
const UNATTACHED_HOURS = 1;

/**
 * Opens the database, listens, and paints.
 * @throws UserError for what the person can put right
 */
export async function serve(options: ServeOptions): Promise<Running & { readonly url: string }> {
  const { host, port, log } = options;
  const tokens = checkTokens(options.token, host);
  // It would keep the last hundred pictures, with the files that they came in, for whoever wants the very same again.
  sharp.cache(false);
  const database = await openDatabase(options.databaseUrl, options.folder, true, log);
  // In the order in which they are closed.
  const open: (() => Promise<void> | void)[] = [() => database.close()];
  const close = async () => {
    for (const end of open) await end();
  };
  try {
    const metrics = createMetrics(database);
    const news = listenForNews(database);
    open.unshift(() => news.close());
    const { limits, commandLine, controlWords } = options;
    const inspector = startInspector();
    open.unshift(() => inspector.close());
    const shared = { database, news, inspector, limits, metrics };
    const app = await buildApp({ ...shared, commandLine, controlWords, tokens, log });
    open.unshift(() => app.close());
    await app.listen({ host, port }).catch((error: NodeJS.ErrnoException) => {
      throw cannotListen(error, host, port);
    });
    // There can be no other worker: what is being painted by one was another process's.
    if (database.embedded) await freeAll(database);
    if (options.atOnce > 0) {
      const worker = work(database, options, metrics.count);
      open.splice(1, 0, () => worker.close());
    }
    const cleaning = cleanUp(database, log);
    open.unshift(() => clearInterval(cleaning));
    return { url: addressOf(host, (app.server.address() as AddressInfo).port), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Paints what others accept, from the same PostgreSQL server.
 * @throws UserError where there is none
 */
export async function runWorker(options: WorkOptions): Promise<Running> {
  if (!options.databaseUrl) {
    throw new UserError(
      'A worker takes paintings from a PostgreSQL server: set DATABASE_URL to the one that "velatura serve" has.',
    );
  }
  const database = await openDatabase(options.databaseUrl);
  const worker = work(database, options, () => {});
  return {
    async close() {
      await worker.close();
      await database.close();
    },
  };
}

function work(
  database: Database,
  options: WorkOptions,
  count: (what: 'step' | 'done' | 'failed') => void,
): Worker {
  const { atOnce, threads, memory, previewEvery, checkpointEvery, leaseSeconds, limits, commandLine, log } =
    options;
  return startWorker({
    database,
    atOnce,
    threads,
    memory,
    previewEvery,
    checkpointEvery,
    leaseSeconds,
    limits,
    commandLine,
    log,
    count,
  });
}

function cleanUp(database: Database, log: (line: string) => void): NodeJS.Timeout {
  const clean = () =>
    void removeUnattached(database, UNATTACHED_HOURS).catch((error: unknown) => {
      if (!isDiskFull(error)) log(`What nobody needs any more could not be removed: ${error}`);
    });
  clean();
  return setInterval(clean, UNATTACHED_HOURS * 3_600_000).unref();
}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    return new UserError(`Port ${port} is taken; name another with --port, or 0 for any.`, { cause: error });
  }
  if (error.code === 'EACCES') {
    return new UserError(`Port ${port} may not be used; name one from 1024 with --port.`, { cause: error });
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') {
    return new UserError(`${host} is no address of this machine; name one with --host.`, { cause: error });
  }
  return error;
}

function addressOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
