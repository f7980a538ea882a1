import { constants, openSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { addAbortSignal, Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../core/errors.ts';
import type { Picture } from '../../core/picture/picture.ts';

/** Where a picture comes from: a path, a `file:` URL, an encoded file's bytes, a stream of them, or pixels. */
export type PictureSource =
  | string
  | URL
  | Uint8Array
  | ArrayBuffer
  | Blob
  | Readable
  | ReadableStream<Uint8Array>
  | Picture;

/** An encoded picture, and what to call it in messages. */
export interface EncodedPicture {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** No photograph comes near; more would only take the memory. */
const MOST_BYTES = 2 ** 30;

/** Whether the source is pixels, not something to decode. */
export function isPicture(source: PictureSource): source is Picture {
  return typeof source === 'object' && source !== null && 'data' in source && 'width' in source;
}

/**
 * The path that a `file:` URL names; what is none stays as it is.
 * @throws UserError when the URL names no file of this machine
 */
export function localPath(pathOrUrl: string): string {
  if (!/^file:/i.test(pathOrUrl)) return pathOrUrl;
  try {
    return fileURLToPath(pathOrUrl);
  } catch (error) {
    throw new UserError(`${pathOrUrl} names no file on this machine; name the file by its path.`, {
      cause: error,
    });
  }
}

/**
 * The encoded bytes of a source.
 * @param unnamed what to call it in messages where it has no path
 * @throws UserError when it is no source, or there is no such file, or it is a folder, empty, unreadable or larger than
 *   1 GiB; the signal's reason
 */
export async function readSource(
  source: Exclude<PictureSource, Picture>,
  unnamed = 'The picture',
  signal?: AbortSignal,
): Promise<EncodedPicture> {
  const path = pathOf(source, unnamed);
  const name = path ?? unnamed;
  const bytes = path === undefined ? await bytesOf(source, name, signal) : await readFile(path, signal);
  if (bytes.length === 0) throw new UserError(`${name} is empty; get it anew.`);
  return { name, bytes };
}

/** The path of a source that has one. */
function pathOf(source: unknown, unnamed: string): string | undefined {
  if (typeof source !== 'string' && !(source instanceof URL)) return undefined;
  const text = String(source);
  if (text === '') throw new UserError(`${unnamed} has an empty name; name a file.`);
  // Before two slashes, since a file's name may have a colon in it.
  if (source instanceof URL ? source.protocol !== 'file:' : /^https?:\/\//i.test(text)) {
    throw new UserError(`${text} is not on this machine; download it and name the file.`);
  }
  return localPath(text);
}

async function bytesOf(source: unknown, name: string, signal?: AbortSignal): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) {
    if (source.size > MOST_BYTES) throw tooLarge(name);
    return new Uint8Array(await source.arrayBuffer());
  }
  if (source instanceof Readable || source instanceof ReadableStream) return collect(source, name, signal);
  const missing = source === undefined || source === null;
  throw new UserError(
    `${name} is ${missing ? 'missing' : 'nothing to read'}; give a path, a file: URL, the bytes of a file as Uint8Array, ` +
      'ArrayBuffer, Blob or stream, or pixels as { width, height, data }.',
  );
}

async function readFile(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  try {
    if ((await stat(path)).isFIFO()) return await collect(openPipe(path), path, signal);
    const file = await open(path);
    try {
      const facts = await file.stat();
      if (facts.isDirectory()) throw new UserError(`${path} is a folder, not a picture; name a file in it.`);
      if (facts.size > MOST_BYTES) throw tooLarge(path);
      // What is no plain file does not know its size beforehand.
      return facts.isFile() ? await file.readFile() : await collect(file.createReadStream(), path, signal);
    } finally {
      await file.close();
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof UserError ? error : readProblem(error, path);
  }
}

/**
 * Opens a pipe, as of `<(curl ...)`, so that nothing but the event loop waits for who writes into it: a thread that does so can
 * neither be stopped nor left behind.
 */
function openPipe(path: string): Readable {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}

async function collect(
  stream: Readable | ReadableStream<Uint8Array>,
  name: string,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  // Streams of the web are ended as well, which its types do not know.
  if (signal) addAbortSignal(signal, stream as Readable);
  try {
    return await allOf(stream, name);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

async function allOf(stream: Readable | ReadableStream<Uint8Array>, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array | string>) {
    if (typeof chunk === 'string')
      throw new UserError(`${name} came as text; give the stream without an encoding.`);
    size += chunk.length;
    if (size > MOST_BYTES) throw tooLarge(name);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(name: string): UserError {
  return new UserError(`${name} is larger than 1 GiB; save the picture smaller.`);
}

/** What to tell the person who named a file, or folder, that cannot be read. */
export function readProblem(error: unknown, path: string): UserError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new UserError(`There is no file ${path}; check its name.`, { cause: error });
  }
  if (code === 'EISDIR') return new UserError(`${path} is a folder, not a picture; name a file in it.`);
  if (code === 'EACCES' || code === 'EPERM') {
    return new UserError(`${path} may not be read; ask its owner for permission.`, { cause: error });
  }
  return new UserError(`${path} cannot be read (${code ?? message}).`, { cause: error });
}
