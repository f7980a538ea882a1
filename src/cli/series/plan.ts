import { rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  type FoundPictures,
  findPictures,
  formatOf,
  isPattern,
  localPath,
  makeNamedFolder,
  readRecord,
  type UnreadableFolder,
  UserError,
} from '../../node/index.ts';
import { defaultOutput } from '../inputs.ts';

/** One painting of a series. */
export interface Task {
  readonly content: string;
  readonly output: string;
}

/** What there is to do. */
export interface SeriesPlan {
  readonly tasks: readonly Task[];
  /** Folders in which a pattern may have meant more. */
  readonly unreadable: readonly UnreadableFolder[];
}

/** Whether the words name a series, though perhaps of one picture, and the output a folder. */
export function isSeries(contents: readonly string[], output: string | undefined): boolean {
  return contents.length > 1 || contents.some(isPattern) || (output !== undefined && /[\\/]$/.test(output));
}

/**
 * Which pictures are to become which files of the folder. What is named twice is painted once, and a painting of this very
 * series that a pattern finds as well is not painted from.
 * @throws UserError when a pattern finds nothing, or two paintings would be the same file
 */
export async function planSeries(
  contents: readonly string[],
  styles: readonly string[],
  folder: string,
): Promise<SeriesPlan> {
  const candidates: { content: string; found: boolean }[] = [];
  const unreadable = new Map<string, UnreadableFolder>();
  for (const name of contents) {
    const found = isPattern(name);
    const { pictures, unreadable: hidden } = found ? await matching(name) : named(name);
    candidates.push(...pictures.map((content) => ({ content, found })));
    for (const one of hidden) unreadable.set(one.path, one);
  }
  const outputOf = (content: string) => join(folder, defaultOutput([content, ...styles]));
  const results = new Set(candidates.map(({ content }) => resolve(outputOf(content))));
  const usable = candidates.filter(({ content, found }) => !(found && results.has(resolve(content))));

  const paths = new Set<string>();
  const tasks: Task[] = [];
  for (const { content } of usable) {
    if (!paths.has(resolve(content))) tasks.push({ content, output: outputOf(content) });
    paths.add(resolve(content));
  }
  checkDistinct(tasks);
  return { tasks, unreadable: [...unreadable.values()] };
}

function named(content: string): FoundPictures {
  return { pictures: [localPath(content)], unreadable: [] };
}

async function matching(pattern: string): Promise<FoundPictures> {
  const found = await findPictures(pattern);
  if (found.pictures.length > 0) return found;
  if (found.unreadable[0]) throw found.unreadable[0].error;
  throw new UserError(`No picture here matches ${pattern}; check the folder and the ending.`);
}

/** @throws UserError naming the first two contents whose paintings would be one file */
function checkDistinct(tasks: readonly Task[]): void {
  const seen = new Map<string, string>();
  for (const { content, output } of tasks) {
    // Some file systems take large and small letters for the same.
    const key = output.normalize().toLowerCase();
    const other = seen.get(key);
    if (other !== undefined) {
      throw new UserError(
        `${other} and ${content} would both become ${output}; rename one, or paint them into different folders.`,
      );
    }
    seen.set(key, content);
  }
}

/**
 * Makes the folder for paintings where it is not there yet.
 * @returns what takes away again what was made, as long as nothing is in it
 * @throws UserError when it cannot be, or the name is a file's
 */
export async function makeSeriesFolder(folder: string): Promise<() => Promise<void>> {
  const there = await stat(folder).catch(() => undefined);
  if (there?.isDirectory()) return async () => {};
  if (there || looksLikeFile(folder)) {
    throw new UserError(
      `Several pictures need a folder to be painted into, and ${folder} is named as a file.`,
    );
  }
  const first = await makeNamedFolder(folder);
  return async () => {
    if (first !== undefined) await removeEmpty(resolve(folder), first);
  };
}

/** Removes empty folders, from an inner one to an outer one. */
async function removeEmpty(inner: string, outer: string): Promise<void> {
  for (let folder = inner; folder.length >= outer.length; folder = dirname(folder)) {
    const removed = await rmdir(folder).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}

/** `out.png` was meant to be a picture. */
function looksLikeFile(path: string): boolean {
  try {
    formatOf(path);
    return !/[\\/]$/.test(path);
  } catch {
    return false;
  }
}

/** Whether a painting is there and whole: one that was stopped is not. A file that nobody painted is left alone. */
export async function isDone(output: string): Promise<boolean> {
  if (!(await stat(output).catch(() => undefined))) return false;
  const record = await readRecord(output).catch(() => undefined);
  return record?.stopped === undefined;
}
