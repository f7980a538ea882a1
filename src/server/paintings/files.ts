import { randomUUID } from 'node:crypto';
import type { Database, Query } from '../database/index.ts';

/*
 * Pictures and checkpoints in the database, in pieces. What is written at once holds up other queries for some milliseconds, and
 * is not too large for a message.
 */

const PIECE_BYTES = 256 * 1024;
/** Each message costs something by itself. */
const MESSAGE_BYTES = 2 * PIECE_BYTES;

/** What a file is to its painting. Styles and their masks are numbered by their place. */
export type Role =
  | 'content'
  | 'style'
  | 'contentRegions'
  | 'styleRegions'
  | 'start'
  /** Smaller, on the way. */
  | 'preview'
  | 'checkpoint'
  /** How it grew, numbered by `momentPlace`. */
  | 'history'
  /** As it was kept, with 8 bits and with 16. */
  | 'png'
  | 'tiff'
  /** The page of an explanation. */
  | 'report';

export interface StoredFile {
  /** Another one, another content. */
  readonly id: string;
  readonly name: string;
}

/** A file that is to be written. */
export interface FileContent {
  readonly bytes: Uint8Array;
  readonly name?: string;
}

/**
 * Writes a file that belongs to no painting yet: it counts only when it is attached.
 * @returns its id
 */
export async function writeFile(query: Query, bytes: Uint8Array, name = ''): Promise<string> {
  const [id] = await writeFiles(query, [{ bytes, name }]);
  return id as string;
}

/** The same for several, in as few messages as they fit into. */
export async function writeFiles(query: Query, files: readonly FileContent[]): Promise<string[]> {
  const ids = files.map(() => randomUUID());
  const pieces = files.flatMap(({ bytes, name = '' }, i) =>
    inPieces(bytes).map((piece, part) => ({ file: ids[i], name, whole: bytes.length, part, piece })),
  );
  for (const message of inMessages(pieces)) {
    let start = 0;
    const said = message.map(({ piece: { length }, ...piece }) => {
      start += length;
      return { ...piece, start: start - length, length };
    });
    await query(
      `with piece as (
         select * from json_to_recordset($1::json)
           as piece (file text, name text, whole integer, part integer, start integer, length integer)
       ), file as (
         insert into velatura.files (id, name, bytes) select file, name, whole from piece where part = 0
       )
       insert into velatura.chunks (file, part, bytes)
       select file, part, substring($2::bytea from start + 1 for length) from piece`,
      [JSON.stringify(said), Buffer.concat(message.map(({ piece }) => piece))],
    );
  }
  return ids;
}

function inPieces(bytes: Uint8Array): Uint8Array[] {
  const count = Math.max(1, Math.ceil(bytes.length / PIECE_BYTES));
  return Array.from({ length: count }, (_, part) =>
    bytes.subarray(part * PIECE_BYTES, (part + 1) * PIECE_BYTES),
  );
}

function inMessages<T extends { readonly piece: Uint8Array }>(pieces: readonly T[]): T[][] {
  const messages: T[][] = [];
  let room = 0;
  for (const piece of pieces) {
    if (piece.piece.length > room || messages.length === 0) {
      messages.push([]);
      room = MESSAGE_BYTES;
    }
    messages.at(-1)?.push(piece);
    room -= piece.piece.length;
  }
  return messages;
}

/** What a file is for. */
export interface Attachment {
  readonly file: string;
  readonly role: Role;
  readonly place: number;
}

/** Gives a file to a painting, in the place of the one that it had. To be called in a transaction. */
export async function attach(
  query: Query,
  file: string,
  painting: string,
  role: Role,
  place = 0,
): Promise<void> {
  await detach(query, painting, role, place);
  await query('update velatura.files set painting = $2, role = $3, place = $4 where id = $1', [
    file,
    painting,
    role,
    place,
  ]);
}

export async function detach(query: Query, painting: string, role: Role, place = 0): Promise<void> {
  await query('delete from velatura.files where painting = $1 and role = $2 and place = $3', [
    painting,
    role,
    place,
  ]);
}

export async function findFile(
  query: Query,
  painting: string,
  role: Role,
  place = 0,
): Promise<StoredFile | undefined> {
  const [file] = await query<StoredFile>(
    'select id, name from velatura.files where painting = $1 and role = $2 and place = $3',
    [painting, role, place],
  );
  return file;
}

/** Reads a whole file; nothing if it is gone, as when another has taken its place. */
export async function readBytes(query: Query, id: string): Promise<Uint8Array | undefined> {
  const [file] = await query<{ bytes: number }>('select bytes from velatura.files where id = $1', [id]);
  if (!file) return undefined;
  const bytes = new Uint8Array(file.bytes);
  for (let part = 0; part * PIECE_BYTES < bytes.length; part++) {
    const [piece] = await query<{ bytes: Uint8Array }>(
      'select bytes from velatura.chunks where file = $1 and part = $2',
      [id, part],
    );
    if (!piece) return undefined;
    bytes.set(piece.bytes, part * PIECE_BYTES);
  }
  return bytes;
}

/** The bytes of a painting's file, whichever is there. */
export async function readFile(
  query: Query,
  painting: string,
  role: Role,
  place = 0,
): Promise<(StoredFile & { readonly bytes: Uint8Array }) | undefined> {
  for (;;) {
    const file = await findFile(query, painting, role, place);
    if (!file) return undefined;
    const bytes = await readBytes(query, file.id);
    // Where another has taken its place meanwhile, that one is read.
    if (bytes) return { ...file, bytes };
  }
}

/** The files of a role, in their order. */
export async function listFiles(query: Query, painting: string, role: Role): Promise<StoredFile[]> {
  return await query<StoredFile>(
    'select id, name from velatura.files where painting = $1 and role = $2 order by place',
    [painting, role],
  );
}

/** Bytes of a painting's files of a role, or of all. */
export async function bytesOf(query: Query, painting: string, role?: Role): Promise<number> {
  const [sum] = await query<{ bytes: number }>(
    'select coalesce(sum(bytes), 0)::float8 as bytes from velatura.files where painting = $1 and ($2::text is null or role = $2)',
    [painting, role ?? null],
  );
  return sum?.bytes ?? 0;
}

/** Removes what was never attached, because its process was killed or its painting went away. */
export async function removeUnattached({ query, tidy }: Database, hours: number): Promise<void> {
  const gone = await query(
    "delete from velatura.files where painting is null and created_at < now() - $1 * interval '1 hour' returning id",
    [hours],
  );
  if (gone.length > 0) await tidy();
}
