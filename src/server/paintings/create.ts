import { createHash, randomUUID } from 'node:crypto';
import type { Settings, Size } from '../../node/index.ts';
import type { Database, Query } from '../database/index.ts';
import { ApiError, busy } from '../errors.ts';
import type { Limits } from '../limits.ts';
import type { Upload } from '../queue/protocol.ts';
import { tell } from './events.ts';
import { type Attachment, type Role, writeFile } from './files.ts';
import { type CommandLine, type Explain, type PaintingRow, type Texture, viewOf } from './painting.ts';
import { regionNames } from './regions.ts';
import type { Uploads } from './uploads.ts';

/** What somebody asks to be painted, all checked. */
export interface Wish extends Uploads {
  readonly client: string;
  /** What is painted where there is no content. */
  readonly texture: Texture | undefined;
  /** What is looked into, where it is an explanation. */
  readonly explain: Explain | undefined;
  /** Steps between two pictures of how it grew; none are kept without. */
  readonly history: number | undefined;
  /** The painting on from which it is painted, or which it explains. */
  readonly origin: string | undefined;
  /** The picture that it starts from: that painting's, the one from which that painting started, or one that was sent. */
  readonly start: Upload | undefined;
  /** What it is called, unless it is that painting. */
  readonly startName: string | undefined;
  readonly settings: Partial<Settings>;
  readonly resolved: Settings;
  /** In pixels at each scale. */
  readonly sizes: readonly Size[];
  /** By which a wish that is told again, as after a broken connection, is known to be the same. */
  readonly again: { readonly key: string; readonly hash: string } | undefined;
}

/** Seconds after which a client may try again where too many paintings wait. */
const RETRY_AFTER = 30;

/**
 * Accepts a painting: from then on it is not lost.
 * @returns the one that was accepted before, where the key is the same
 * @throws ApiError when too many wait, or the key was that of another wish
 */
export async function accept(
  database: Database,
  wish: Wish,
  limits: Limits,
  commandLine: CommandLine,
): Promise<PaintingRow> {
  const before = await sameAsBefore(database.query, wish);
  if (before) return before;
  const files: Attachment[] = [];
  const write = async ({ bytes, name }: Upload, role: Role, place = 0) =>
    void files.push({ file: await writeFile(database.query, bytes, name), role, place });
  if (wish.content) await write(wish.content, 'content');
  for (const [place, style] of wish.styles.entries()) await write(style, 'style', place);
  if (wish.regions) await write(wish.regions.content, 'contentRegions');
  for (const [place, mask] of wish.regions?.styles.entries() ?? []) {
    if (typeof mask !== 'string') await write(mask, 'styleRegions', place);
  }
  if (wish.start) await write(wish.start, 'start');
  try {
    return await database.transaction(async (query) => {
      // One after another, so that no two are counted as one.
      await query('select pg_advisory_xact_lock(7283003)');
      const same = await sameAsBefore(query, wish);
      if (same) {
        await discard(query, files);
        return same;
      }
      await checkRoom(query, wish.client, limits);
      const row = await insert(query, wish, files);
      await tell(query, row.id, [{ name: 'state', data: viewOf(row, commandLine) }]);
      return row;
    });
  } catch (error) {
    await discard(database.query, files);
    throw error;
  }
}

/** Writes the painting, gives it its files, and calls workers. */
async function insert(query: Query, wish: Wish, files: readonly Attachment[]): Promise<PaintingRow> {
  const { client, content, texture, history, styles, regions, origin, startName } = wish;
  const { settings, resolved, sizes, again, explain } = wish;
  const [row] = await query<PaintingRow>(
    `with painting as (
       insert into velatura.paintings
         (id, client, state, content, styles, regions, origin, settings, resolved, sizes,
          idempotency_key, request_hash, start, texture, history, explain)
       values ($1, $2, 'queued', $3, $4::jsonb, $5::jsonb, $6, $7::json, $8::json, $9::jsonb, $10, $11, $12,
         $13::jsonb, $14, $15::jsonb)
       returning *
     ), attached as (
       update velatura.files set painting = $1, role = given.role, place = given.place
       from jsonb_to_recordset($16::jsonb) as given (file text, role text, place integer)
       where files.id = given.file
     )
     select painting.*, pg_notify('velatura_jobs', $1) from painting`,
    [
      randomUUID(),
      client,
      content?.name ?? null,
      JSON.stringify(styles.map(({ name }) => name)),
      regions ? JSON.stringify(regionNames(regions)) : null,
      origin ?? null,
      JSON.stringify(settings),
      JSON.stringify(resolved),
      JSON.stringify(sizes),
      again?.key ?? null,
      again?.hash ?? null,
      startName ?? null,
      texture ? JSON.stringify(texture) : null,
      history ?? null,
      explain ? JSON.stringify(explain) : null,
      JSON.stringify(files),
    ],
  );
  return row as PaintingRow;
}

async function discard(query: Query, files: readonly Attachment[]): Promise<void> {
  for (const { file } of files) await query('delete from velatura.files where id = $1', [file]);
}

async function sameAsBefore(query: Query, { client, again }: Wish): Promise<PaintingRow | undefined> {
  if (!again) return undefined;
  const [row] = await query<PaintingRow>(
    'select * from velatura.paintings where client = $1 and idempotency_key = $2',
    [client, again.key],
  );
  if (!row) return undefined;
  if (row.request_hash === again.hash) return row;
  throw new ApiError(
    422,
    'key_reused',
    'This Idempotency-Key came with another painting before; use a new key for each.',
  );
}

/** @throws ApiError when too many paintings wait */
export async function checkRoom(query: Query, client: string, limits: Limits): Promise<void> {
  const [count] = await query<{ all: number; own: number }>(
    `select count(*)::integer as all, (count(*) filter (where client = $1))::integer as own
     from velatura.paintings where state = 'queued'`,
    [client],
  );
  const { all = 0, own = 0 } = count ?? {};
  if (own >= limits.maxQueuedEach) {
    throw busy(`${own} of your paintings wait already; try again when one is done.`, RETRY_AFTER);
  }
  if (all >= limits.maxQueued) {
    throw busy(`${all} paintings wait already; try again when some are done.`, RETRY_AFTER);
  }
}

/** The same for the same wishes: of what was said, and of the files. */
export function hashOf(said: string, files: readonly Upload[]): string {
  const hash = createHash('sha256').update(said);
  for (const { name, bytes } of files) {
    hash.update(`\0${name}\0${createHash('sha256').update(bytes).digest('hex')}`);
  }
  return hash.digest('hex');
}
