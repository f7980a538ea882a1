import { existsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UserError } from '../core/errors.ts';

/**
 * Makes a folder and those above it, where they are not there. Node's own `recursive` never ends where a parent refuses with
 * ENOENT, as /proc does.
 * @returns the outermost that was made, if any was
 * @throws what the system refuses it with
 */
export async function makeFolder(path: string, mode = 0o777): Promise<string | undefined> {
  const folder = resolve(path);
  const parent = dirname(folder);
  const outermost = existsSync(parent) ? undefined : await makeFolder(parent, mode);
  try {
    await mkdir(folder, { mode });
  } catch (error) {
    // It was there, or another process has made it at the same time.
    const there = await stat(folder).catch(() => undefined);
    if (there?.isDirectory()) return outermost;
    throw error;
  }
  return outermost ?? folder;
}

/**
 * Makes a folder that a person has named.
 * @param purpose what it is for, as the message says it after the folder: ` for the history`
 * @returns as `makeFolder`
 * @throws UserError naming it
 */
export async function makeNamedFolder(folder: string, purpose = ''): Promise<string | undefined> {
  return await makeFolder(folder).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`The folder ${folder}${purpose} cannot be made (${error.code}); name another.`, {
      cause: error,
    });
  });
}
