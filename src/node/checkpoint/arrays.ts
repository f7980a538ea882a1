import type { Hash } from 'node:crypto';
import type { Store } from '../../core/store.ts';
import { decodeFloats } from '../../core/weights/floats.ts';
import type { ByteSource, SafetensorsEntry } from '../../core/weights/index.ts';
import type { SavedArray } from './layout.ts';

/** Bytes that are read at a time into a store. */
const PIECE = 4 << 20;

/**
 * Reads an array of a checkpoint: into memory, or into a store, piece by piece.
 * @param hash takes its bytes
 * @param damaged the error to throw when it cannot be read
 */
export async function readArray(
  source: ByteSource,
  { dtype, shape, offset, bytes: size }: SafetensorsEntry,
  hash: Hash,
  store: Store | undefined,
  damaged: (cause?: unknown) => Error,
): Promise<SavedArray> {
  if (dtype !== 'F32') throw damaged();
  const read = async (at: number, length: number) => {
    const bytes = await source.read(offset + at, length).catch((error: unknown) => {
      throw damaged(error);
    });
    hash.update(bytes);
    return decodeFloats('F32', bytes);
  };
  if (!store) return { shape, data: await read(0, size) };
  const data = store.create(size / 4);
  for (let at = 0; at < size; at += PIECE) data.write(at / 4, await read(at, Math.min(PIECE, size - at)));
  return { shape, data };
}
