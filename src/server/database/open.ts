import { join } from 'node:path';
import envPaths from 'env-paths';
import type { Database } from './database.ts';
import { openEmbedded } from './embedded.ts';
import { openPostgres } from './postgres.ts';

/** Where the platform keeps a person's data. */
export function dataFolder(): string {
  return join(envPaths('velatura', { suffix: '' }).data, 'server');
}

/**
 * Opens the server that `url` names, or else the database in the folder.
 * @param ready whether many will ask at the same time
 * @param log told what somebody who looks after the server should know
 * @throws UserError when it cannot be opened
 */
export async function openDatabase(
  url: string | undefined,
  folder = dataFolder(),
  ready = false,
  log: (line: string) => void = () => {},
): Promise<Database> {
  return url ? await openPostgres(url, ready) : await openEmbedded(folder, log);
}
