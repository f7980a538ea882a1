import { createHash } from 'node:crypto';
import { bytesOf, safetensorsParts } from '../../core/weights/safetensors.ts';
import type { Checkpoint } from './checkpoint.ts';
import { FORMAT, FORMAT_VERSION, factsOf, NO_HASH, otherArrays, paintingArrays } from './layout.ts';

/** A checkpoint's file in parts: the header, whose hash is still zeros, and each array's own memory. */
export interface CheckpointParts {
  readonly parts: readonly Uint8Array[];
  /** Where in the first part the hash of all parts goes, as they are now. */
  readonly hashAt: number;
}

export function checkpointParts(checkpoint: Checkpoint): CheckpointParts {
  const painting = paintingArrays(checkpoint);
  const parts = safetensorsParts(new Map([...painting, ...otherArrays(checkpoint)]), {
    // First, so that its place is found whatever else the header holds.
    sha256: NO_HASH,
    format: FORMAT,
    version: FORMAT_VERSION,
    painting: hashOf([...painting.values()].map(({ data }) => bytesOf(data))),
    checkpoint: JSON.stringify(factsOf(checkpoint)),
  });
  return { parts, hashAt: placeOfHash(parts[0] as Uint8Array, NO_HASH) };
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
  const { parts, hashAt } = checkpointParts(checkpoint);
  const hash = hashOf(parts);
  const bytes = new Uint8Array(Buffer.concat(parts));
  bytes.set(Buffer.from(hash), hashAt);
  return bytes;
}
