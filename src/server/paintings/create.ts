import { createHash, randomUUID } from 'node:crypto';
import type { Settings, Size } from '../../node/index.ts';
import type { Database, Query } from '../database/index.ts';
import { ApiError } from '../errors.ts';
import { inGroups } from '../in-groups.ts';
import type { Limits } from '../limits.ts';
import type { Upload } from '../queue/protocol.ts';
import { tellAll } from './events.ts';
import { type Attachment, type Role, writeFiles } from './files.ts';
import { type CommandLine, type Explain, type PaintingRow, type Texture, viewOf } from './painting.ts';
import { regionNames } from './regions.ts';
import { checkRoom, countWaiting } from './room.ts';
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

/** A wish whose files are written. */
interface Asked {
  /** Of the painting that it becomes. */
  readonly id: string;
  readonly wish: Wish;
  readonly files: readonly Attachment[];
}

/**
 * What accepts paintings: from then on they are not lost. It gives the one that was accepted before, where the key is the same, and
 * throws an ApiError when too many wait, or the key was that of another wish.
 */
export function acceptor(
  database: Database,
  limits: Limits,
  commandLine: CommandLine,
): (wish: Wish) => Promise<PaintingRow> {
  // Fifty who ask at once would wait for fifty transactions.
  const acceptInTurn = inGroups((all: readonly Asked[]) =>
    database.transaction((query) => acceptAll(query, all, limits, commandLine)),
  );
  return async (wish) => {
    const before = await sameAsBefore(database.query, wish);
    if (before) return before;
    const files = await writeUploads(database.query, wish);
    const asked = { id: randomUUID(), wish, files };
    try {
      const row = await acceptInTurn(asked);
      if (row.id !== asked.id) await discard(database.query, files);
      return row;
    } catch (error) {
      await discard(database.query, files);
      throw error;
    }
  };
}

/** @returns for each what gives its painting, or throws why there is none */
async function acceptAll(
  query: Query,
  all: readonly Asked[],
  limits: Limits,
  commandLine: CommandLine,
): Promise<(() => PaintingRow)[]> {
  // One group after another, so that no two are counted as one.
  await query('select pg_advisory_xact_lock(7283003)');
  const waiting = await countWaiting(query);
  const accepted: Asked[] = [];
  const rows = new Map<string, PaintingRow>();
  const rowOf = ({ id }: Pick<Asked, 'id'>) => rows.get(id) as PaintingRow;

  async function decide(asked: Asked): Promise<() => PaintingRow> {
    const { wish } = asked;
    const before = await sameAsBefore(query, wish);
    if (before) return () => before;
    const twin = accepted.find((other) => sameKey(other.wish, wish));
    if (twin) {
      checkSame(twin.wish.again?.hash, wish);
      return () => rowOf(twin);
    }
    checkRoom(waiting, wish.client, limits);
    waiting.set(wish.client, (waiting.get(wish.client) ?? 0) + 1);
    accepted.push(asked);
    return () => rowOf(asked);
  }

  const results: (() => PaintingRow)[] = [];
  for (const asked of all) {
    results.push(
      await decide(asked).catch((error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
        return () => {
          throw error;
        };
      }),
    );
  }
  for (const row of await insert(query, accepted)) rows.set(row.id, row);
  await tellAll(
    query,
    [...rows.values()].map((row) => ({
      painting: row.id,
      events: [{ name: 'state', data: viewOf(row, commandLine) }],
    })),
  );
  return results;
}

/** Writes paintings, gives them their files, and calls workers. */
async function insert(query: Query, all: readonly Asked[]): Promise<PaintingRow[]> {
  if (all.length === 0) return [];
  const paintings = all.map(({ id, wish }) => ({
    id,
    client: wish.client,
    content: wish.content?.name,
    styles: wish.styles.map(({ name }) => name),
    regions: wish.regions && regionNames(wish.regions),
    origin: wish.origin,
    settings: wish.settings,
    resolved: wish.resolved,
    sizes: wish.sizes,
    idempotency_key: wish.again?.key,
    request_hash: wish.again?.hash,
    start: wish.startName,
    texture: wish.texture,
    history: wish.history,
    explain: wish.explain,
  }));
  const files = all.flatMap(({ id, files }) => files.map((file) => ({ ...file, painting: id })));
  return await query<PaintingRow>(
    `with painting as (
       insert into velatura.paintings
         (id, client, state, content, styles, regions, origin, settings, resolved, sizes,
          idempotency_key, request_hash, start, texture, history, explain)
       select id, client, 'queued', content, styles, regions, origin, settings, resolved, sizes,
         idempotency_key, request_hash, start, texture, history, explain
       from json_to_recordset($1::json) as wish
         (id text, client text, content text, styles jsonb, regions jsonb, origin text, settings json, resolved json, sizes jsonb,
          idempotency_key text, request_hash text, start text, texture jsonb, history integer, explain jsonb)
       returning *
     ), attached as (
       update velatura.files set painting = given.painting, role = given.role, place = given.place
       from json_to_recordset($2::json) as given (file text, painting text, role text, place integer)
       where files.id = given.file
     )
     select painting.*, pg_notify('velatura_jobs', id) from painting`,
    [JSON.stringify(paintings), JSON.stringify(files)],
  );
}

/** Writes what was sent; it counts when it is attached. */
async function writeUploads(query: Query, { content, styles, regions, start }: Wish): Promise<Attachment[]> {
  const places: { readonly upload: Upload; readonly role: Role; readonly place: number }[] = [];
  const add = (upload: Upload | string | undefined, role: Role, place = 0) => {
    if (typeof upload === 'object') places.push({ upload, role, place });
  };
  add(content, 'content');
  for (const [place, style] of styles.entries()) add(style, 'style', place);
  add(regions?.content, 'contentRegions');
  // What is no file is a colour.
  for (const [place, mask] of regions?.styles.entries() ?? []) add(mask, 'styleRegions', place);
  add(start, 'start');
  const ids = await writeFiles(
    query,
    places.map(({ upload }) => upload),
  );
  return places.map(({ role, place }, i) => ({ file: ids[i] as string, role, place }));
}

/** Removes files, unless a painting has them after all, as where nobody heard that it was accepted. */
async function discard(query: Query, files: readonly Attachment[]): Promise<void> {
  await query(
    `delete from velatura.files where painting is null
       and id in (select json_array_elements_text($1::json))`,
    [JSON.stringify(files.map(({ file }) => file))],
  );
}

async function sameAsBefore(query: Query, wish: Wish): Promise<PaintingRow | undefined> {
  const { client, again } = wish;
  if (!again) return undefined;
  const [row] = await query<PaintingRow>(
    'select * from velatura.paintings where client = $1 and idempotency_key = $2',
    [client, again.key],
  );
  if (row) checkSame(row.request_hash, wish);
  return row;
}

function sameKey(one: Wish, other: Wish): boolean {
  return one.again !== undefined && one.client === other.client && one.again.key === other.again?.key;
}

/** @throws ApiError when that which came with the same key was another wish */
function checkSame(hash: string | null | undefined, { again }: Wish): void {
  if (hash === again?.hash) return;
  throw new ApiError(
    422,
    'key_reused',
    'This Idempotency-Key came with another painting before; use a new key for each.',
  );
}

/** The same for the same wishes: of what was said, and of the files. */
export function hashOf(said: string, files: readonly Upload[]): string {
  const hash = createHash('sha256').update(said);
  for (const { name, bytes } of files) {
    hash.update(`\0${name}\0${createHash('sha256').update(bytes).digest('hex')}`);
  }
  return hash.digest('hex');
}
