import type { PaintOptions } from '../../node/index.ts';
import type { Query } from '../database/index.ts';
import type { Regions, Upload } from '../queue/protocol.ts';
import { type Role, readFile } from './files.ts';
import type { PaintingRow } from './painting.ts';

/** The pictures that a painting was asked for with. */
export interface Uploads {
  /** A texture has none. */
  readonly content: Upload | undefined;
  readonly styles: readonly Upload[];
  readonly regions: Regions | undefined;
}

/** The styles and regions as the library takes them. */
export function picturesIn({
  styles,
  regions,
}: Pick<Uploads, 'styles' | 'regions'>): Pick<PaintOptions, 'style' | 'contentRegions' | 'styleRegions'> {
  return {
    style: styles.map(({ bytes }) => bytes),
    ...(regions && {
      contentRegions: regions.content.bytes,
      styleRegions: regions.styles.map((mask) => (typeof mask === 'string' ? mask : mask.bytes)),
    }),
  };
}

/** @returns nothing where the painting was removed meanwhile */
export async function readUploads(
  query: Query,
  { id, content: name, styles, regions }: Pick<PaintingRow, 'id' | 'content' | 'styles' | 'regions'>,
): Promise<Uploads | undefined> {
  const read = (role: Role, place = 0): Promise<Upload | undefined> => readFile(query, id, role, place);
  const content = name === null ? undefined : await read('content');
  const pictures = await inOrder(styles, (_name, place) => read('style', place));
  if ((name !== null && !content) || pictures.includes(undefined)) return undefined;
  const uploads = { content, styles: pictures as Upload[], regions: undefined };
  if (!regions) return uploads;
  const mask = await read('contentRegions');
  // What is no file is a colour.
  const masks = await inOrder(
    regions.style ?? [],
    async (name, place) => (await read('styleRegions', place)) ?? name,
  );
  return mask && { ...uploads, regions: { content: mask, styles: masks } };
}

async function inOrder<T, U>(
  items: readonly T[],
  work: (item: T, place: number) => Promise<U>,
): Promise<U[]> {
  const results: U[] = [];
  for (const [place, item] of items.entries()) results.push(await work(item, place));
  return results;
}
