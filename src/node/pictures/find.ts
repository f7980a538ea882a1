import { type Dirent, existsSync, readdir } from 'node:fs';
import { extname, isAbsolute, join, relative, resolve } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import type { UserError } from '../../core/errors.ts';
import { readProblem } from './source.ts';

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

/** What a pattern names. Paths are relative to the folder where it begins, with slashes. */
export interface FoundPictures {
  /** In order of their names. */
  readonly pictures: string[];
  /** Where more of them may be. */
  readonly unreadable: UnreadableFolder[];
}

export interface UnreadableFolder {
  readonly path: string;
  readonly error: UserError;
}

/**
 * The pictures that a pattern names, by their extensions and in order of their names: `*` is any part of a name, `**` any
 * folders, `{a,b}` either. Hidden files are left out.
 * @param folder where the pattern begins; the present one by default
 */
export async function findPictures(pattern: string, folder = '.'): Promise<FoundPictures> {
  const unreadable: UnreadableFolder[] = [];
  // What cannot be read tinyglobby passes over in silence.
  const look = (path: string, options: { withFileTypes: true }, found: Entries) =>
    readdir(path, options, (error, entries) => {
      if (error && !isAbsent(error)) {
        const named = slashed(relative(resolve(folder), path)) || '.';
        const whole = isAbsolute(pattern) ? resolve(path) : join(folder, named);
        unreadable.push({ path: named, error: readProblem(error, whole) });
      }
      found(error, entries);
    });
  const found = await glob(slashed(pattern), {
    cwd: folder,
    expandDirectories: false,
    fs: { readdir: look as typeof readdir },
  });
  // By code unit: an order that no language of the system changes.
  const pictures = found.filter((path) => EXTENSIONS.includes(extname(path).toLowerCase())).sort();
  return { pictures, unreadable };
}

/** How `readdir` tells what it found. */
type Entries = (error: NodeJS.ErrnoException | null, entries: Dirent[]) => void;

/** A pattern may well begin in a folder that is not there. */
function isAbsent({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** On Windows patterns are written with its own strokes; elsewhere those take a sign for itself. */
function slashed(pattern: string): string {
  return process.platform === 'win32' ? pattern.replaceAll('\\', '/') : pattern;
}
