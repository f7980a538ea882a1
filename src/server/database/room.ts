import { statfsSync } from 'node:fs';
import { UserError } from '../../node/index.ts';
import { ApiError } from '../errors.ts';

/*
 * How much room the disk of the data folder has. Where PostgreSQL's log cannot grow, which it does by 16 MB at a time, PGlite never
 * comes back: it must not come to that.
 */

/** Bytes that always stay free; what is said in few words, as that a painting goes away, may take the others. */
const LEAST = 32 * 2 ** 20;
/** Bytes that files leave free. */
const MARGIN = 64 * 2 ** 20;
/** Bytes of a new database. */
const FRESH = 64 * 2 ** 20;
/** Milliseconds for which is remembered how much room there was. */
const REMEMBERED = 1000;

export interface Room {
  /** @throws ApiError where files of so many bytes do not fit any more */
  checkFiles(bytes: number): void;
  /** Says that they are written now; throws as well. */
  takeFiles(bytes: number): void;
  /**
   * Says that something is written beside files, and what is replaced or removed by it to the log.
   * @throws ApiError where it does not fit
   */
  takeWords(bytes: number): void;
  /** Whether what is only of use can be done as well. */
  isThere(): boolean;
}

/** @param log told once that the disk is full, until there is plenty of room again */
export function roomOf(folder: string, log: (line: string) => void): Room {
  let looked = Number.NEGATIVE_INFINITY;
  let free = 0;
  let told = false;

  function look(): void {
    if (performance.now() - looked < REMEMBERED) return;
    free = freeIn(folder);
    looked = performance.now();
    if (free > 2 * MARGIN) told = false;
  }

  function check(bytes: number, left: number): void {
    look();
    if (free >= bytes + left) return;
    if (!told && free < 2 * MARGIN) {
      told = true;
      log(
        `The disk of ${folder} is full (${megabytes(free)} MB are free): free some of it; until then paintings are refused, or wait.`,
      );
    }
    throw diskFull();
  }

  function take(bytes: number, left: number): void {
    check(bytes, left);
    free -= bytes;
  }

  return {
    // They are written to the log first, and then to their place.
    checkFiles: (bytes) => check(2 * bytes, MARGIN),
    takeFiles: (bytes) => take(2 * bytes, MARGIN),
    takeWords: (bytes) => take(bytes, LEAST),
    isThere() {
      look();
      return free >= LEAST;
    },
  };
}

/**
 * Looks whether a database can be opened.
 * @param fresh whether it is made first
 * @throws UserError where the disk is full
 */
export function checkRoomToOpen(folder: string, fresh: boolean): void {
  const free = freeIn(folder);
  if (free >= LEAST + (fresh ? FRESH : 0)) return;
  throw new UserError(
    `The disk of ${folder} is full (${megabytes(free)} MB are free); free some of it, or name another folder with --data.`,
  );
}

function diskFull(): ApiError {
  return new ApiError(507, 'disk_full', 'The disk of the server is full; free some of it, and try again.');
}

/** Whether something was refused because the disk is full, which the log has been told. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'disk_full';
}

function freeIn(folder: string): number {
  // At once, for threads that read it might be busy with pictures for seconds.
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

function megabytes(bytes: number): number {
  return Math.floor(bytes / 2 ** 20);
}
