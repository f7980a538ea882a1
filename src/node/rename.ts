import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Gives a file its name in place of whatever file has that, so that nobody ever sees half of one. Both are in the same
 * folder, or at least on the same disk. Afterwards the name is on the disk as far as the platform can be told so; what is
 * in the file is for its writer to `sync`.
 */
export async function renameOver(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(from, to);
      break;
    } catch (error) {
      // On Windows a file that somebody reads just now cannot be replaced.
      const { code = '' } = error as NodeJS.ErrnoException;
      const busy = process.platform === 'win32' && ['EPERM', 'EACCES', 'EBUSY'].includes(code);
      if (!busy || attempt === 20) throw error;
      await sleep(100);
    }
  }
  if (process.platform !== 'win32') await syncFolder(dirname(to));
}

/** The name, too, has to reach the disk; where a folder cannot be told so, it is as well as it can be. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path).catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}
