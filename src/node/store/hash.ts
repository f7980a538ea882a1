import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * The hash of a file.
 * @param algorithm as OpenSSL calls it: `md5`, `sha256`, `sha512`
 */
export async function hashFile(
  path: string,
  algorithm: string,
  encoding: 'hex' | 'base64',
  signal?: AbortSignal,
): Promise<string> {
  return await hashStream(createReadStream(path, { highWaterMark: 1 << 20 }), algorithm, encoding, signal);
}

/** The hash of all that a stream gives. */
export async function hashStream(
  stream: Readable,
  algorithm: string,
  encoding: 'hex' | 'base64',
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(stream, hash, signal ? { signal } : {});
  return hash.digest(encoding);
}
