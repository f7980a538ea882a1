import { readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { readRecord } from '../pictures/index.ts';
import { isTemporaryOf } from '../pictures/write.ts';
import { MANIFEST } from './manifest.ts';
import type { Copy, Plan } from './plan.ts';

/**
 * Which copies are there already: those that the manifest has, by the same recipe, and whose files are there.
 * @param before lines of the manifest by their files
 * @param lineOf the line that a copy is to have
 * @throws UserError when a file was painted otherwise, or would be overwritten that Velatura did not paint
 */
export async function copiesThere(
  { output, sources, copiesOf }: Plan,
  before: ReadonlyMap<string, string>,
  lineOf: (copy: Copy) => string,
): Promise<Set<string>> {
  const there = new Set<string>();
  for (const source of sources) {
    for (const copy of copiesOf(source)) {
      const { result } = copy;
      const file = join(output, result);
      const line = before.get(result);
      if (line !== undefined && line !== lineOf(copy)) {
        throw new UserError(
          `${file} was painted with other styles, settings or another seed, as ${MANIFEST} says; name another folder, or paint all anew with --force.`,
        );
      }
      if (!(await isThere(file))) continue;
      if (line !== undefined) there.add(result);
      else await checkOwn(file);
    }
  }
  return there;
}

/**
 * Checks that copies may be painted over whatever is there.
 * @throws UserError when a file would be overwritten that Velatura did not paint
 */
export async function checkOverwritten({ output, sources, copiesOf }: Plan): Promise<void> {
  for (const { result } of sources.flatMap(copiesOf)) {
    const file = join(output, result);
    if (await isThere(file)) await checkOwn(file);
  }
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** What is in no manifest may be somebody's picture. */
async function checkOwn(file: string): Promise<void> {
  const own = await readRecord(file).then(
    () => true,
    () => false,
  );
  if (!own)
    throw new UserError(
      `${file} is there, and Velatura did not paint it; move it away, or name another folder.`,
    );
}

/**
 * Removes what a process that was killed has left half written beside the copies.
 * @param todo the copies that are not there
 */
export async function removeLeftovers(output: string, todo: readonly Copy[]): Promise<void> {
  await rm(join(output, `${MANIFEST}.part`), { force: true });
  const byFolder = new Map<string, string[]>();
  for (const { result } of todo) {
    const folder = join(output, dirname(result));
    const others = byFolder.get(folder);
    if (others) others.push(result);
    else byFolder.set(folder, [result]);
  }
  for (const [folder, results] of byFolder) {
    const parts = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.part'));
    for (const name of parts) {
      if (results.some((result) => isTemporaryOf(name, result)))
        await rm(join(folder, name), { force: true });
    }
  }
}
