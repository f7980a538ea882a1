import { createHash } from 'node:crypto';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { ByteSource } from '../../core/weights/index.ts';
import { isTemporaryOf, writeFileBy } from '../pictures/write.ts';
import { scratchStore } from '../scratch.ts';
import { fileSource } from '../store/files.ts';
import type { Checkpoint } from './checkpoint.ts';
import { looseMetadata, readCheckpointFrom } from './decode.ts';
import { bytesIn, checkpointParts } from './encode.ts';
import { FORMAT } from './layout.ts';
import { type Rescued, rescueFrom } from './rescue.ts';

/**
 * Writes a checkpoint, whole or not at all: one that was there before stays until then.
 * @throws UserError when the folder is missing or not writable, or the disk full
 */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { header, arrays, hashAt } = checkpointParts(checkpoint);
  await writeFileBy(path, async (file) => {
    const hash = createHash('sha256').update(header);
    await file.writeFile(header);
    // Between two pieces the event loop turns.
    for (const piece of bytesIn(arrays)) {
      await file.writeFile(piece);
      hash.update(piece);
    }
    const digest = Buffer.from(hash.digest('hex'));
    const { bytesWritten } = await file.write(digest, 0, digest.length, hashAt);
    if (bytesWritten !== digest.length) throw new UserError(`${path} cannot be written: the disk is full.`);
  });
}

/**
 * Reads a checkpoint and checks that it is whole. What is painted from the disk stays there.
 * @throws UserError when it is not there, no checkpoint, of another format, cut short or damaged, or the disk full
 */
export function readCheckpoint(path: string): Promise<Checkpoint> {
  return withFile(path, (source) => readCheckpointFrom(source, path, scratchStore()));
}

/**
 * The painting of a checkpoint as it stood, also where the checkpoint cannot be carried on, as long as the picture in it is
 * whole.
 * @throws UserError when it is not
 */
export function rescuePainting(path: string): Promise<Rescued> {
  return withFile(path, (source) => rescueFrom(source, path));
}

/**
 * Checks that a checkpoint may be written in a file's place.
 * @returns whether there is a checkpoint already
 * @throws UserError when there is a file that is something else
 */
export async function checkNoOtherFile(path: string): Promise<boolean> {
  const there = await stat(path).catch(() => undefined);
  if (!there) return false;
  const metadata = await withFile(path, looseMetadata);
  if (metadata?.format === FORMAT) return true;
  throw new UserError(`${path} is there already and no checkpoint; name another file with --checkpoint.`);
}

/** Removes a checkpoint, and what writers of it that were killed have left beside it. It need not be there. */
export async function removeCheckpoint(path: string): Promise<void> {
  await rm(path, { force: true });
  await removeLeftovers(path);
}

/** Removes only what killed writers have left. */
export async function removeLeftovers(path: string): Promise<void> {
  const folder = dirname(resolve(path));
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (isTemporaryOf(name, basename(path))) await rm(join(folder, name), { force: true });
  }
}

async function withFile<T>(path: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    const missing = error.code === 'ENOENT' || error.code === 'ENOTDIR';
    throw new UserError(missing ? `There is no file ${path}.` : `${path} cannot be read (${error.code}).`, {
      cause: error,
    });
  });
  try {
    if ((await file.stat()).isDirectory())
      throw new UserError(`${path} is a folder; name a checkpoint in it.`);
    return await use(await fileSource(file));
  } finally {
    await file.close();
  }
}
