import { realpath, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { localPath, placeOfFile, UserError } from '../node/index.ts';

/**
 * Checks that what is to be written is none of the files that are read, by whatever path either is named.
 * @throws UserError naming the file
 */
export async function checkNoInput(output: string, inputs: readonly string[]): Promise<void> {
  await checkNoInputs([output], inputs);
}

/** The same for several files. */
export async function checkNoInputs(outputs: readonly string[], inputs: readonly string[]): Promise<void> {
  const read = new Set<string | undefined>();
  for (const input of inputs) read.add(await identity(localPath(input)));
  for (const output of outputs) {
    // As it is written: `gone/../town.jpg` is `town.jpg`, whether or not there is a folder `gone`.
    const target = await identity(await placeOfFile(output));
    if (target !== undefined && read.has(target)) {
      throw new UserError(
        `${output} is what is painted from, and would be overwritten; name another file to write.`,
      );
    }
  }
}

/**
 * Checks that a file is written to another place than others are, by whatever path any is named.
 * @param what both are, as in `The preview and the painting`
 * @throws UserError naming the file
 */
export async function checkApart(
  what: string,
  file: string,
  others: readonly (string | undefined)[],
): Promise<void> {
  const place = await placeOfFile(file);
  for (const other of others) {
    if (other === undefined || (await placeOfFile(other)) !== place) continue;
    throw new UserError(`${what} cannot be the same file, ${file}.`);
  }
}

/** What is the same for all names of a file; nothing if there is none. */
async function identity(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    // Some file systems number no files.
    return ino === 0n ? await realpath(path) : `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** `town-swirls.png` in the present folder, for `photos/town.jpg` in the style of `swirls.jpg`. */
export function defaultOutput(pictures: readonly string[], ending = '.png'): string {
  const stem = (path: string) => basename(path, extname(path));
  return `${pictures.map(stem).join('-')}${ending}`;
}
