import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../core/errors.ts';
import type { Store, Stored } from '../core/store.ts';
import { isDiskFull } from './disk.ts';

/**
 * A store on the disk. Each array is a file that has no name any more as soon as it is open: it is gone when it is closed,
 * or the process ends, however that happens.
 * @param folder where they are: that of `TMPDIR` when left out, or else the system's for large files
 */
export function scratchStore(folder = scratchFolder()): Store {
  return { create: (length) => createFile(folder, length) };
}

/** In many systems the usual folder for temporary files is in memory, which is what there is too little of. */
function scratchFolder(): string {
  if (process.env.TMPDIR) return process.env.TMPDIR;
  return process.platform !== 'win32' && existsSync('/var/tmp') ? '/var/tmp' : tmpdir();
}

interface Scratch {
  readonly file: number;
  readonly folder: string;
  readonly length: number;
  /** Who would read it. */
  holders: number;
}

function letGo(scratch: Scratch): void {
  scratch.holders--;
  if (scratch.holders === 0) closeSync(scratch.file);
}

/** Of arrays that nobody holds any more. */
const forgotten = new FinalizationRegistry<Scratch>(letGo);

function createFile(folder: string, length: number): Stored {
  const failed = (error: unknown) => problem(error, folder);
  const file = trying(failed, () => openNameless(folder));
  const stored = hold({ file, folder, length, holders: 0 });
  trying(failed, () => ftruncateSync(file, 4 * length));
  return stored;
}

function hold(scratch: Scratch): Stored {
  const { file, folder, length } = scratch;
  const failed = (error: unknown) => problem(error, folder);
  let released = false;
  scratch.holders++;
  const stored: Stored = {
    length,
    read: (at, into) =>
      trying(failed, () => {
        const bytes = bytesOf(into);
        for (let done = 0; done < bytes.length; ) {
          const count = readSync(file, bytes, done, bytes.length - done, 4 * at + done);
          if (count === 0) throw new RangeError(`There are no ${into.length} values from ${at} on.`);
          done += count;
        }
      }),
    write: (at, values) =>
      trying(failed, () => {
        const bytes = bytesOf(values);
        for (let done = 0; done < bytes.length; ) {
          done += writeSync(file, bytes, done, bytes.length - done, 4 * at + done);
        }
      }),
    share: () => hold(scratch),
    release: () => {
      if (released) return;
      released = true;
      forgotten.unregister(stored);
      letGo(scratch);
    },
  };
  forgotten.register(stored, scratch, stored);
  return stored;
}

/** Opens a file and takes its name away. */
function openNameless(folder: string): number {
  const path = join(folder, `velatura-${process.pid}-${randomUUID().slice(0, 8)}`);
  const file = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return file;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function trying<T>(failed: (error: unknown) => unknown, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw failed(error);
  }
}

function problem(error: unknown, folder: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const elsewhere = 'name another folder with the environment variable TMPDIR';
  if (code === undefined) return error;
  return new UserError(
    isDiskFull(code)
      ? `The disk is full: what does not fit into memory is kept in ${folder} while it is painted. Make room there, or ${elsewhere}.`
      : `What does not fit into memory cannot be kept in ${folder} (${code}); ${elsewhere}.`,
    { cause: error },
  );
}
