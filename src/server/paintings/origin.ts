import type { Settings } from '../../node/index.ts';
import type { Query } from '../database/index.ts';
import { badRequest, conflict, notFound } from '../errors.ts';
import type { Upload } from '../queue/protocol.ts';
import { readFile } from './files.ts';
import { findPainting } from './find.ts';
import { type PaintingRow, startNameOf } from './painting.ts';
import { readUploads, type Uploads } from './uploads.ts';

/** What a painting gives to another one that is made from it. */
export interface Origin extends Uploads {
  readonly start: Upload | undefined;
  /** What the start is called, where it is not the painting itself. */
  readonly startName: string | undefined;
  /** Settings that count unless others are sent. */
  readonly settings: Partial<Settings>;
}

/**
 * The pictures of a painting, to paint on from how it is.
 * @throws ApiError when there is no such painting, or nothing of it to be seen yet
 */
export async function paintedOn(query: Query, id: string): Promise<Origin> {
  const row = await findPainting(query, id);
  if (row.texture) throw badRequest('A texture begins with noise: ask for another one instead.');
  const uploads = await uploadsOf(query, row);
  const start = (await readFile(query, id, 'tiff')) ?? (await readFile(query, id, 'preview'));
  if (!start) {
    throw conflict('Nothing is to be seen yet of the painting to start from; wait for its first preview.');
  }
  return { ...uploads, start, startName: undefined, settings: {} };
}

/**
 * What a painting was made of and how, to explain it: in small, unless something else is said.
 * @throws ApiError when there is no such painting, or it is one that cannot be explained
 */
export async function explained(query: Query, id: string): Promise<Origin> {
  const row = await findPainting(query, id);
  if (row.texture) throw badRequest('A texture has no content to be explained; send a content and a style.');
  if (row.regions) {
    throw badRequest('A painting by regions cannot be explained; send its content and one style alone.');
  }
  const { size: _size, scales: _scales, steps: _steps, ...settings } = row.settings;
  const start = await readFile(query, id, 'start');
  return { ...(await uploadsOf(query, row)), start, startName: startNameOf(row), settings };
}

async function uploadsOf(query: Query, row: PaintingRow): Promise<Uploads> {
  const uploads = await readUploads(query, row);
  if (uploads) return uploads;
  throw notFound('There is no such painting; it may have been removed.');
}
