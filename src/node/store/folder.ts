import { readdirSync, rmSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import envPaths from 'env-paths';
import { UserError } from '../../core/errors.ts';
import { isDiskFull } from '../disk.ts';
import { makeFolder } from '../folder.ts';
import type { CatalogueEntry } from './catalogue.ts';

/** How far a download is. */
export interface Progress {
  /** Bytes here. */
  readonly received: number;
  /** Bytes in all, if the source says so. */
  readonly total?: number;
  /** Where from, for people. */
  readonly source: string;
}

export interface StoreOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Where the converted files are; `storeFolder()` by default. */
  readonly folder?: string | undefined;
  /** The networks that can be had; Velatura's own by default. */
  readonly catalogue?: readonly CatalogueEntry[] | undefined;
  /** A folder or URL of converted files that is tried first; `VELATURA_MODELS` by default, empty for none. */
  readonly mirror?: string | undefined;
  /** After how many seconds without a byte a source is given up; 60 by default. */
  readonly stallSeconds?: number | undefined;
  /** Seconds before the first retry of a download, doubled at each; 1 by default. */
  readonly retrySeconds?: number | undefined;
}

/** The folder of the converted files: `models` in `VELATURA_CACHE`, or where the platform keeps caches. */
export function storeFolder(): string {
  return resolve(process.env.VELATURA_CACHE || envPaths('velatura', { suffix: '' }).cache, 'models');
}

/** Where a network's converted file is, or would be. */
export function modelFile(name: string, folder = storeFolder()): string {
  return join(folder, `${name}.safetensors`);
}

/**
 * Runs something that needs room on the disk, in a folder of its own beside the converted files: so what it makes can be
 * renamed into its place, and two processes never meet. The folder goes whatever happens, also when the process exits.
 * @throws UserError if the disk is full or the folder cannot be written
 */
export async function inWorkspace<T>(folder: string, run: (workspace: string) => Promise<T>): Promise<T> {
  let workspace: string | undefined;
  const remove = () => workspace && rmSync(workspace, { recursive: true, force: true });
  try {
    await makeFolder(folder);
    removeLeftovers(folder);
    workspace = await mkdtemp(join(folder, `.pull-${process.pid}-`));
    process.once('exit', remove);
    return await run(workspace);
  } catch (error) {
    throw diskProblem(error, folder) ?? error;
  } finally {
    process.off('exit', remove);
    // Retries, because on Windows a process that has just ended may still hold its files.
    if (workspace) await rm(workspace, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

const day = 24 * 60 * 60 * 1000;

/** Removes what processes that were killed have left behind. A day old, because the folder may be on a shared disk. */
function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = /^\.pull-(\d+)-/.exec(name)?.[1];
    if (!pid || isAlive(Number(pid))) continue;
    const path = join(folder, name);
    try {
      if (Date.now() - statSync(path).mtimeMs > day) rmSync(path, { recursive: true, force: true });
    } catch {
      // Another process was quicker, or it is another person's: neither is in the way.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** What to tell the person when the disk is what stands in the way. */
export function diskProblem(error: unknown, folder: string): UserError | undefined {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (isDiskFull(code)) {
    return new UserError(
      `The disk is full; free some hundred megabytes where ${folder} is, or set VELATURA_CACHE to a folder elsewhere.`,
      { cause: error },
    );
  }
  if (code && ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOENT', 'EISDIR', 'EIO'].includes(code)) {
    return new UserError(
      `Cannot write models to ${folder} (${code}); make it a writable folder, or set VELATURA_CACHE to another.`,
      { cause: error },
    );
  }
  return undefined;
}
