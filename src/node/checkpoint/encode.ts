import { createHash } from 'node:crypto';
import { type Floats, piecesOf } from '../../core/store.ts';
import { bytesOf, safetensorsHeader } from '../../core/weights/safetensors.ts';
import type { Checkpoint } from './checkpoint.ts';
import { FORMAT, FORMAT_VERSION, factsOf, NO_HASH, otherArrays, paintingArrays } from './layout.ts';

/** A checkpoint's file: the header, whose hash is still zeros, and the arrays that follow it. */
export interface CheckpointParts {
  readonly header: Uint8Array;
  readonly arrays: readonly Floats[];
  /** Where in the header the hash of all goes, as it is now. */
  readonly hashAt: number;
}

export function checkpointParts(checkpoint: Checkpoint): CheckpointParts {
  const painting = paintingArrays(checkpoint);
  const all = new Map([...painting, ...otherArrays(checkpoint)]);
  const header = safetensorsHeader(all, {
    // First, so that its place is found whatever else the header holds.
    sha256: NO_HASH,
    format: FORMAT,
    version: FORMAT_VERSION,
    painting: hashOf(bytesIn([...painting.values()].map(({ data }) => data))),
    checkpoint: JSON.stringify(factsOf(checkpoint)),
  });
  const arrays = [...all.values()].map(({ data }) => data);
  return { header, arrays, hashAt: placeOfHash(header, NO_HASH) };
}

/** The bytes of arrays in pieces of a few megabytes. */
export function* bytesIn(arrays: Iterable<Floats>): Generator<Uint8Array> {
  for (const array of arrays) for (const piece of piecesOf(array)) yield bytesOf(piece);
}

/** Where in a header its hash stands; -1 if it does not. */
export function placeOfHash(header: Uint8Array, sha256: string): number {
  const key = '"sha256":"';
  const found = Buffer.from(header.buffer, header.byteOffset, header.byteLength).indexOf(`${key}${sha256}"`);
  return found < 0 ? -1 : found + key.length;
}

export function hashOf(parts: Iterable<Uint8Array>): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** A checkpoint as the bytes of a file. `writeCheckpoint` writes the same without the copy. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { header, arrays, hashAt } = checkpointParts(checkpoint);
  const parts = [header, ...bytesIn(arrays)];
  const hash = hashOf(parts);
  const bytes = new Uint8Array(Buffer.concat(parts));
  bytes.set(Buffer.from(hash), hashAt);
  return bytes;
}
