import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { Settings } from '../../core/paint/index.ts';
import { renameOver } from '../rename.ts';
import type { Copy } from './plan.ts';

/** The manifest's name in the output folder. */
export const MANIFEST = 'manifest.jsonl';

/** A line of the manifest: everything that makes the file what it is. */
export interface ManifestEntry {
  /** The picture's path in its folder, with slashes, as all paths here. */
  readonly source: string;
  /** The file's in the output folder. */
  readonly result: string;
  /** From 1. */
  readonly copy: number;
  /** In the folder of styles. */
  readonly styles: readonly string[];
  readonly strength: number;
  readonly seed: number;
  /** All settings that it was painted with. */
  readonly recipe: Settings;
}

export function manifestEntry(
  { source, result, copy, style, strength, seed }: Copy,
  usual: Settings,
): ManifestEntry {
  return { source, result, copy, styles: [style], strength, seed, recipe: { ...usual, strength, seed } };
}

/**
 * The lines of a manifest by the files that they are about; none where there is no manifest.
 * @throws UserError when it cannot be read, or a line is no entry
 */
export async function readManifest(output: string): Promise<Map<string, string>> {
  const file = join(output, MANIFEST);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw new UserError(`${file} cannot be read (${error.code}).`, { cause: error });
  });
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line, i) => [resultOf(line, `${file}, line ${i + 1},`), line]));
}

function resultOf(line: string, where: string): string {
  try {
    const { result } = JSON.parse(line) as Partial<ManifestEntry>;
    if (typeof result === 'string') return result;
  } catch {}
  throw new UserError(`${where} is no entry of a manifest; mend it, or move the file away and paint anew.`);
}

/** A manifest being kept. */
export interface ManifestKeeper {
  /** Writes it, unless it was written a moment ago. */
  save(): Promise<void>;
  /** Writes it as it is now, if it has changed. */
  close(): Promise<void>;
}

/** Of the time that goes by, writing the manifest takes one part in so many, or less. */
const SHARE = 20;

/**
 * Keeps a manifest: always a whole file under its name, whatever ends the process. It is written anew each time, and where
 * that takes long less often. What was painted since is painted again by a run that takes up the work, to the same bytes.
 * @param lines of all files that are there now, without line ends
 */
export function keepManifest(output: string, lines: () => Iterable<string>): ManifestKeeper {
  let due = 0;
  let changed = false;
  async function write(): Promise<void> {
    const began = performance.now();
    changed = false;
    await replaceManifest(join(output, MANIFEST), lines());
    due = performance.now() + SHARE * (performance.now() - began);
  }
  return {
    async save() {
      changed = true;
      if (performance.now() >= due) await write();
    },
    async close() {
      if (changed) await write();
    },
  };
}

async function replaceManifest(file: string, lines: Iterable<string>): Promise<void> {
  const temporary = `${file}.part`;
  try {
    const handle = await open(temporary, 'w');
    try {
      await writeFile(handle, inBatches(lines));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await renameOver(temporary, file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UserError(`${file} cannot be written (${code ?? message}).`, { cause: error });
  }
}

/** With their line ends, and many at a time: each costs a call of the system. */
function* inBatches(lines: Iterable<string>): Generator<string> {
  let batch = '';
  for (const line of lines) {
    batch += `${line}\n`;
    if (batch.length < BATCH) continue;
    yield batch;
    batch = '';
  }
  yield batch;
}

const BATCH = 2 ** 16;
