import pg from 'pg';
import { UserError } from '../../node/index.ts';
import type { Channel, Database, Query, Value } from './database.ts';
import { migrate } from './migrations.ts';

/** For statements, at most. */
const CONNECTIONS = 10;
/** Milliseconds before a lost connection is tried again. */
const RETRY = 1000;
/**
 * Milliseconds that the next statement of a transaction may keep the database waiting: what a process has locked that sleeps, or a
 * machine that is gone, is others' after that.
 */
const BETWEEN_STATEMENTS = 5000;

/**
 * Connects to a PostgreSQL server.
 * @param url as in `postgres://name:password@host/database`
 * @param ready whether all connections are made at once and kept, for many who ask at the same time
 * @throws UserError when it cannot be reached
 */
export async function openPostgres(url: string, ready: boolean): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    min: ready ? CONNECTIONS : 0,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    // A network that swallows what is sent should not keep anybody waiting for ever.
    query_timeout: 60_000,
    idle_in_transaction_session_timeout: BETWEEN_STATEMENTS,
  });
  // A connection that breaks while nobody uses it is replaced when somebody needs one.
  pool.on('error', () => {});
  const listener = listenTo(url);
  const queryOf = preparing();
  const database: Database = {
    embedded: false,
    query: queryOf(pool),
    transaction: (work) => transaction(pool, queryOf, work),
    // Its server looks after its own disk.
    checkRoom: () => {},
    listen: listener.listen,
    tidy: async () => {},
    close: async () => {
      await listener.close();
      await pool.end();
    },
  };
  try {
    await pool.query('select 1').catch((error: unknown) => {
      throw new UserError(
        `The database that DATABASE_URL names cannot be reached (${reasonOf(error)}); start it, or put its address right.`,
        { cause: error },
      );
    });
    await migrate(database);
    if (ready)
      await Promise.all(Array.from({ length: CONNECTIONS }, () => pool.query('select pg_sleep(0.01)')));
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** A refused connection to a name with several addresses has no message of its own. */
function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  return message || code || String(error);
}

/** What runs statements on a connection. Each is parsed and planned once on each, under its name. */
type On = (on: pg.Pool | pg.PoolClient) => Query;

function preparing(): On {
  const names = new Map<string, string>();
  let named = 0;
  return (on) =>
    async <Row>(text: string, values: readonly Value[] = []) => {
      const name = names.get(text) ?? `velatura ${named++}`;
      names.set(text, name);
      try {
        return (await on.query({ name, text, values: values.map(bytesAsBuffer) })).rows as Row[];
      } catch (error) {
        // It may be out of date, as when a newer program has changed a table: next time it is prepared anew.
        names.delete(text);
        throw error;
      }
    };
}

/** Other arrays of bytes it writes as text. */
function bytesAsBuffer(value: Value): Value {
  if (!(value instanceof Uint8Array)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

async function transaction<T>(pool: pg.Pool, queryOf: On, work: (query: Query) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const onError = (error: Error) => {
    broken = error;
  };
  client.on('error', onError);
  try {
    await client.query('begin');
    const result = await work(queryOf(client));
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

/** One connection for all messages, made anew whenever it breaks. */
function listenTo(url: string): Pick<Database, 'listen' | 'close'> {
  const heard = new Map<Channel, Set<(message: string) => void>>();
  let client: pg.Client | undefined;
  let retry: NodeJS.Timeout | undefined;
  let closed = false;

  function lost(broken: pg.Client): void {
    if (client !== broken) return;
    client = undefined;
    void broken.end().catch(() => {});
    if (!closed) retry = setTimeout(() => void connect(), RETRY);
  }

  async function connect(): Promise<void> {
    const fresh = new pg.Client({ connectionString: url, keepAlive: true });
    client = fresh;
    fresh.on('error', () => lost(fresh));
    fresh.on('end', () => lost(fresh));
    fresh.on('notification', ({ channel, payload = '' }) => {
      for (const callback of heard.get(channel as Channel) ?? []) callback(payload);
    });
    try {
      await fresh.connect();
      for (const channel of heard.keys()) await fresh.query(`listen ${channel}`);
    } catch {
      lost(fresh);
    }
  }

  return {
    listen(channel, callback) {
      const callbacks = heard.get(channel) ?? new Set();
      callbacks.add(callback);
      if (!heard.has(channel)) {
        heard.set(channel, callbacks);
        if (!client) void connect();
        // Where the connection is not there yet, or breaks, the next one asks for all channels.
        else void client.query(`listen ${channel}`).catch(() => {});
      }
      return () => void callbacks.delete(callback);
    },
    async close() {
      closed = true;
      clearTimeout(retry);
      const last = client;
      client = undefined;
      await last?.end().catch(() => {});
    },
  };
}
