import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';

/** What files of pictures that can be read are called. */
const EXTENSIONS: readonly string[] = [
  '.jpg',
  '.jpeg',
  '.png',
  '.webp',
  '.avif',
  '.tif',
  '.tiff',
  '.gif',
  '.svg',
];

/** Whether a name stands for several files, as `photos/*.jpg` does; a file that is called so stands for itself. */
export function isPattern(name: string): boolean {
  return !/^https?:\/\//i.test(name) && isDynamicPattern(slashed(name)) && !existsSync(name);
}

/**
 * The pictures that a pattern names, by their extensions and in order of their names: `*` is any part of a name, `**` any
 * folders, `{a,b}` either. Hidden files are left out. Paths are relative to `folder`, with slashes.
 * @param folder where the pattern begins; the present one by default
 */
export async function findPictures(pattern: string, folder = '.'): Promise<string[]> {
  const found = await glob(slashed(pattern), { cwd: folder, expandDirectories: false });
  // By code unit: an order that no language of the system changes.
  return found.filter((path) => EXTENSIONS.includes(extname(path).toLowerCase())).sort();
}

/** On Windows patterns are written with its own strokes; elsewhere those take a sign for itself. */
function slashed(pattern: string): string {
  return process.platform === 'win32' ? pattern.replaceAll('\\', '/') : pattern;
}
