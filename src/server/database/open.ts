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
 * @throws UserError when it cannot be opened
 */
export async function openDatabase(url: string | undefined, folder = dataFolder()): Promise<Database> {
  return url ? await openPostgres(url) : await openEmbedded(folder);
}
