import { UserError } from '../core/errors.ts';
import { INITS, type Settings, sizeOf, styleSize } from '../core/paint/index.ts';
import type { Picture, Size } from '../core/picture/picture.ts';
import { type PictureSource, type ReadOptions, readPicture, sizeOfPicture } from './pictures/index.ts';

/*
 * The pictures of a painting, read no larger than it needs them. All throw as `readPicture` does.
 */

export function readContent(
  source: PictureSource,
  settings: Partial<Settings>,
  signal?: AbortSignal,
): Promise<Picture> {
  return readPicture(source, { ...contentOptions(settings), signal });
}

/** The size at which the content is read, by its header. */
export function sizeOfContent(source: PictureSource, settings: Partial<Settings>): Promise<Size> {
  return sizeOfPicture(source, contentOptions(settings));
}

function contentOptions(settings: Partial<Settings>): ReadOptions {
  return { longest: sizeOf(settings), huge: isHugeMeant(settings), name: 'The content' };
}

/** Who names the size of the painting knows that pictures are reduced to it. */
function isHugeMeant({ size }: Partial<Settings>): boolean {
  return size !== undefined;
}

/** @param style one, or several */
export function readStyles(
  style: PictureSource | readonly PictureSource[],
  settings: Partial<Settings>,
  signal?: AbortSignal,
): Promise<Picture[]> {
  return ofStyles(style, settings, (source, options) => readPicture(source, { ...options, signal }));
}

/** The sizes at which styles are read, by their headers. */
export function sizesOfStyles(
  style: PictureSource | readonly PictureSource[],
  settings: Partial<Settings>,
): Promise<Size[]> {
  return ofStyles(style, settings, sizeOfPicture);
}

async function ofStyles<T>(
  style: PictureSource | readonly PictureSource[],
  settings: Partial<Settings>,
  read: (source: PictureSource, options: ReadOptions) => Promise<T>,
): Promise<T[]> {
  const sources = Array.isArray(style) ? (style as PictureSource[]) : [style as PictureSource];
  if (sources.length === 0) throw new UserError('There must be at least one style.');
  const longest = styleSize({ styleScale: 1, ...settings }, sizeOf(settings));
  const pictures: T[] = [];
  for (const source of sources) {
    pictures.push(await read(source, { longest, huge: isHugeMeant(settings), name: 'The style' }));
  }
  return pictures;
}

/** The picture to start from, where there is one besides content and style: given itself, or as a file in the settings. */
export async function readStart(
  start: PictureSource | undefined,
  settings: Partial<Settings>,
  signal?: AbortSignal,
): Promise<{ readonly start?: Picture }> {
  const { init = 'content' } = settings;
  const source = start ?? (INITS.includes(init) ? undefined : init);
  if (source === undefined) return {};
  return {
    start: await readPicture(source, {
      longest: sizeOf(settings),
      huge: isHugeMeant(settings),
      name: 'The picture to start from',
      signal,
    }),
  };
}
