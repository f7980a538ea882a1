import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, open, readlink, realpath, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { Picture } from '../../core/picture/picture.ts';
import { isDiskFull } from '../disk.ts';
import { renameOver } from '../rename.ts';
import { type EncodeOptions, encodePicture, formatOf } from './encode.ts';

/**
 * Writes a picture in the format that the extension names. The file appears whole or not at all, and one that was
 * there before stays as it is until then.
 * @throws UserError when the format is unknown, the folder missing or not writable, or the disk full
 */
export async function writePicture(
  path: string,
  picture: Picture,
  options: EncodeOptions = {},
): Promise<void> {
  await writeBytes(path, await encodePicture(picture, formatOf(path), options));
}

/**
 * Writes a file, whole or not at all.
 * @throws UserError when the folder is missing or not writable, or the disk full
 */
export async function writeBytes(path: string, bytes: Uint8Array): Promise<void> {
  await writeFileBy(path, (file) => file.writeFile(bytes));
}

/**
 * Writes a file, whole or not at all.
 * @param write is given the open file, which is empty
 * @throws UserError when the folder is missing or not writable, or the disk full
 */
export async function writeFileBy(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const target = await placeOfFile(path);
  try {
    await throughTemporary(target, async (temporary) => {
      const file = await open(temporary, 'wx');
      try {
        await write(file);
        await file.sync();
      } finally {
        await file.close();
      }
      await renameOver(temporary, target);
    });
  } catch (error) {
    throw writeProblem(error, path, target);
  }
}

/**
 * Checks that a picture could be written there, by making a file beside it that is gone again afterwards: the way to
 * know before hours of painting.
 * @throws UserError as `writePicture`, or when the path is a folder
 */
export async function checkOutput(path: string): Promise<void> {
  await checkWritable(path, formatOf);
}

/**
 * The same for a file of any kind.
 * @param checkName throws what is wrong with the name itself
 */
export async function checkWritable(path: string, checkName: (path: string) => void): Promise<void> {
  const target = await placeOfFile(path);
  const there = await stat(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw writeProblem(error, path, target);
  });
  if (there?.isDirectory()) throw new UserError(`${path} is a folder; name a file in it.`);
  checkName(path);
  if (there && !there.isFile())
    throw new UserError(`${path} is no file that could be replaced; name another.`);
  try {
    // Also what may be written may be protected: it would be a surprise to find it replaced.
    if (there) await (await open(target, 'r+')).close();
    await throughTemporary(target, async (temporary) => (await open(temporary, 'wx')).close());
  } catch (error) {
    throw writeProblem(error, path, target);
  }
}

/** Runs something with the path of a temporary file in the same folder, which is gone afterwards. */
async function throughTemporary(target: string, run: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = join(dirname(target), `${temporaryStart(target)}${randomUUID().slice(0, 8)}.part`);
  try {
    await run(temporary);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** A file's name may be as long as the system allows, which counts bytes, and the temporary one's no longer. */
function temporaryStart(target: string): string {
  const bytes = Buffer.from(basename(target)).subarray(0, 100);
  // As a stream may go on, a character that is cut at the end is left out.
  return `.${new TextDecoder().decode(bytes, { stream: true })}.`;
}

/** Whether a file has the name of a temporary one from which another was to be made. */
export function isTemporaryOf(name: string, target: string): boolean {
  const start = temporaryStart(target);
  return name.startsWith(start) && /^[0-9a-f]{8}\.part$/.test(name.slice(start.length));
}

/**
 * Where a file is written, whatever path names it: a link stays one, and what it points to is replaced, or made where there is
 * nothing yet.
 */
export async function placeOfFile(path: string): Promise<string> {
  if (path === '') throw new UserError('The file to write has no name; give it one, such as painting.png.');
  try {
    return await realpath(path);
  } catch (error) {
    const leads =
      (error as NodeJS.ErrnoException).code === 'ENOENT' && (await readlink(path).catch(() => ''));
    const whole = resolve(path);
    const folder = await realpath(dirname(leads ? path : whole)).catch(() => dirname(whole));
    return leads ? placeOfFile(resolve(folder, leads)) : join(folder, basename(whole));
  }
}

/** @param target where the path leads */
function writeProblem(error: unknown, path: string, target: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const folder = dirname(target);
  if (isDiskFull(code)) {
    return new UserError(`${path} cannot be written: the disk is full.`, { cause: error });
  }
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new UserError(`${path} cannot be written: ${missing(folder, error as NodeJS.ErrnoException)}.`, {
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new UserError(`${path} cannot be written: ${folder} or the file is protected.`, {
        cause: error,
      });
    case 'ENAMETOOLONG':
      return new UserError(`${path} cannot be written: its name is too long.`, { cause: error });
    case undefined:
      return error;
    default:
      return new UserError(`${path} cannot be written (${code}).`, { cause: error });
  }
}

/** What it is that was not there. */
function missing(folder: string, { code, syscall }: NodeJS.ErrnoException): string {
  if (code === 'ENOTDIR' || !existsSync(folder)) return `there is no folder ${folder}`;
  // What has been written is named last.
  return syscall === 'rename'
    ? 'another process took what was being written for a leftover; let one at a time write there'
    : `${folder} takes no new files`;
}
