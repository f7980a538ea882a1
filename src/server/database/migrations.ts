import { UserError } from '../../node/index.ts';
import type { Database } from './database.ts';

/*
 * The tables, as a list of changes: what has been released is never edited, only added to.
 */
const migrations: readonly string[] = [
  `
  create table velatura.paintings (
    number integer generated always as identity unique,
    id text primary key,
    client text not null,
    state text not null check (state in ('queued', 'painting', 'paused', 'done', 'failed', 'cancelled')),
    content text not null,
    styles jsonb not null,
    regions jsonb,
    origin text,
    -- As text, which keeps their order.
    settings json not null,
    resolved json not null,
    sizes jsonb not null,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    progress jsonb,
    stopped jsonb,
    error text,
    -- What the person wants of a painting that a worker has: pause or stop.
    wanted text check (wanted in ('pause', 'stop')),
    -- Raised whenever a worker takes the painting: whoever writes with an older one has lost it.
    token integer not null default 0,
    worker text,
    lease_until timestamptz,
    -- Workers lost in a row without a step.
    losses integer not null default 0,
    last_event integer not null default 0,
    idempotency_key text,
    request_hash text,
    unique (client, idempotency_key)
  );
  create index on velatura.paintings (state);

  -- Uploads, checkpoints, previews and results. One without a painting is still being written, or was given up.
  create table velatura.files (
    id text primary key,
    painting text references velatura.paintings (id) on delete cascade,
    role text,
    place integer not null default 0,
    name text not null default '',
    bytes integer not null,
    created_at timestamptz not null default now(),
    unique (painting, role, place)
  );

  create table velatura.chunks (
    file text not null references velatura.files (id) on delete cascade,
    part integer not null,
    bytes bytea not null,
    primary key (file, part)
  );
  -- Pictures are compressed already.
  alter table velatura.chunks alter bytes set storage external;

  create table velatura.events (
    painting text not null references velatura.paintings (id) on delete cascade,
    id integer not null,
    name text not null,
    data jsonb not null,
    primary key (painting, id)
  );

  -- When each client was served last, counted in paintings.
  create table velatura.clients (client text primary key, served integer not null);
  create sequence velatura.turns as integer cycle;
  `,
  `
  -- The name of the file that it started from, where one was sent.
  alter table velatura.paintings add column start text;
  `,
  `
  -- What a texture is to be; it has no content.
  alter table velatura.paintings add column texture jsonb;
  alter table velatura.paintings alter column content drop not null;
  -- Steps between two of the pictures of how it grew, where they are kept.
  alter table velatura.paintings add column history integer;
  `,
  `
  -- What an explanation looks into.
  alter table velatura.paintings add column explain jsonb;
  `,
];

/**
 * Brings the tables up to date.
 * @throws UserError when they are newer than this program
 */
export async function migrate({ transaction }: Pick<Database, 'transaction'>): Promise<void> {
  await transaction(async (query) => {
    // Two servers may start at once.
    await query('select pg_advisory_xact_lock(7283001)');
    await query('create schema if not exists velatura');
    await query('create table if not exists velatura.migrations (version integer primary key)');
    const [row] = await query<{ version: number }>(
      'select coalesce(max(version), 0) as version from velatura.migrations',
    );
    const version = row?.version ?? 0;
    if (version > migrations.length) {
      throw new UserError('The paintings there were kept by a newer Velatura; update this one.');
    }
    for (const [i, statements] of migrations.entries()) {
      if (i < version) continue;
      for (const statement of split(statements)) await query(statement);
      await query('insert into velatura.migrations values ($1)', [i + 1]);
    }
  });
}

/** Statements by themselves, as a query with values takes only one. */
function split(statements: string): string[] {
  const plain = statements.replace(/--.*$/gm, '');
  return plain.split(';').filter((statement) => statement.trim() !== '');
}
