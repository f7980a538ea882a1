import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../core/errors.ts';
import type { Picture } from '../../core/picture/picture.ts';

/** Where a picture comes from: a path, a `file:` URL, an encoded file's bytes, a stream of them, or pixels. */
export type PictureSource = string | URL | Uint8Array | Readable | ReadableStream<Uint8Array> | Picture;

/** An encoded picture, and what to call it in messages. */
export interface EncodedPicture {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** No photograph comes near; more would only take the memory. */
const MOST_BYTES = 2 ** 30;

/** Whether the source is pixels, not something to decode. */
export function isPicture(source: PictureSource): source is Picture {
  return typeof source === 'object' && 'data' in source && 'width' in source && 'height' in source;
}

/** What to call a picture in messages: its path where it has one. */
export function nameOf(source: PictureSource): string {
  if (typeof source === 'string') return source;
  if (source instanceof URL) return source.protocol === 'file:' ? fileURLToPath(source) : source.href;
  return 'The picture';
}

/**
 * The encoded bytes of a source.
 * @throws UserError when there is no such file, or it is a folder, empty, unreadable or larger than 1 GiB
 */
export async function readSource(source: Exclude<PictureSource, Picture>): Promise<EncodedPicture> {
  const name = nameOf(source);
  if (source instanceof URL && source.protocol !== 'file:') {
    throw new UserError(`${name} is not on this machine; download it and name the file.`);
  }
  const bytes = await bytesOf(source, name);
  if (bytes.length === 0) throw new UserError(`${name} is empty; get it anew.`);
  return { name, bytes };
}

async function bytesOf(source: Exclude<PictureSource, Picture>, name: string): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof Readable || source instanceof ReadableStream) return collect(source, name);
  return readFile(name);
}

async function readFile(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const facts = await file.stat();
      if (facts.isDirectory()) throw new UserError(`${path} is a folder, not a picture; name a file in it.`);
      if (facts.size > MOST_BYTES) throw tooLarge(path);
      // What is no plain file, as in `<(curl ...)`, does not know its size beforehand.
      return facts.isFile() ? await file.readFile() : await collect(file.createReadStream(), path);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof UserError ? error : readProblem(error, path);
  }
}

async function collect(stream: Readable | ReadableStream<Uint8Array>, name: string): Promise<Uint8Array> {
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

function readProblem(error: unknown, path: string): UserError {
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
