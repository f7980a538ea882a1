import { existsSync } from 'node:fs';
import { lstat, rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { Architecture } from '../../core/networks/index.ts';
import { identifyWeights, type Weights } from '../../core/weights/index.ts';
import { catalogue, entryNamed, sourceLabel, sourcesOf } from './catalogue.ts';
import { readWeightFile } from './files.ts';
import { diskProblem, modelFile, type StoreOptions, storeFolder } from './folder.ts';
import { mirrorOf, pullModel } from './pull.ts';
import {
  DamagedModel,
  inspectStored,
  readStored,
  refuseFolder,
  type StoredModel,
  UnusableModel,
  verifyStored,
} from './stored.ts';

/** A network of the catalogue, and whether its weights are here. */
export interface ModelInfo {
  readonly name: string;
  readonly title: string;
  readonly licence: string;
  /** `damaged`, or not to be read, as far as a glance at the file tells; `verifyModel` reads all of it. */
  readonly state: 'here' | 'absent' | 'damaged';
  /** Where the converted file is or would be. */
  readonly file: string;
  /** Of the converted file; zero if it is absent. */
  readonly bytes: number;
  /** Of the download from the first source that says so. */
  readonly downloadBytes: number | undefined;
  /** Where the weights here came from. */
  readonly source: string | undefined;
  /** Where they can be had, in the order in which they are tried. */
  readonly sources: readonly string[];
}

/** What is here and what can be had. Uses no network. */
export async function listModels(options: StoreOptions = {}): Promise<ModelInfo[]> {
  const { folder = storeFolder() } = options;
  const models: ModelInfo[] = [];
  for (const entry of options.catalogue ?? catalogue) {
    const { name, title } = entry.architecture;
    const file = modelFile(name, folder);
    const stored = await inspectStored(entry.architecture, file).catch((error: unknown) => {
      if (error instanceof UnusableModel) return error;
      throw error;
    });
    models.push({
      name,
      title,
      licence: entry.licence,
      state: stored === undefined ? 'absent' : stored instanceof UnusableModel ? 'damaged' : 'here',
      file,
      bytes: stored instanceof UnusableModel ? await bytesOf(file) : (stored?.bytes ?? 0),
      downloadBytes: entry.sources
        .map((source) => ('bytes' in source ? source.bytes : undefined))
        .find(Boolean),
      source: stored?.source,
      sources: sourcesOf(entry, mirrorOf(options)).map(sourceLabel),
    });
  }
  return models;
}

/** As far as can be told. */
async function bytesOf(file: string): Promise<number> {
  const there = await stat(file).catch(() => undefined);
  return there?.isFile() ? there.size : 0;
}

/**
 * Reads all of a network's stored file and compares it with the hash that was written with it.
 * @throws UserError if there is no such network, it is not here, or it is damaged or cannot be read
 */
export async function verifyModel(name: string, options: StoreOptions = {}): Promise<StoredModel> {
  const { folder = storeFolder(), signal } = options;
  const { architecture } = entryNamed(name, options.catalogue);
  const model = await verifyStored(architecture, modelFile(name, folder), signal);
  if (model) return model;
  throw new UserError(
    `The weights of ${name} are not here; run "velatura models pull ${name}" to fetch them.`,
  );
}

/**
 * Deletes a network's stored file.
 * @returns the bytes that are free now; zero if it was not here
 * @throws UserError if there is no such network, the file cannot be deleted, or a folder is in its place
 */
export async function removeModel(name: string, options: StoreOptions = {}): Promise<number> {
  const { folder = storeFolder() } = options;
  const file = modelFile(entryNamed(name, options.catalogue).architecture.name, folder);
  await refuseFolder(name, file);
  try {
    // A link that leads nowhere is here, too.
    const { size } = await lstat(file);
    await rm(file);
    return size;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 0;
    throw diskProblem(error, folder) ?? error;
  }
}

/**
 * A network's weights from the store, fetched first if they are not there.
 *
 * A damaged file is fetched anew by itself when it came from one of the network's sources, since the same weights come
 * again. A file that a person brought in by hand would be lost: then the person is told.
 *
 * @param convolutions whose arrays to read; all by default
 * @throws UserError as `pullModel`, or if the file is damaged or cannot be read
 */
export async function loadWeights(
  name: string,
  convolutions?: readonly string[],
  options: StoreOptions = {},
): Promise<Weights> {
  const entry = entryNamed(name, options.catalogue);
  const file = modelFile(name, options.folder ?? storeFolder());
  options.signal?.throwIfAborted();
  let damage: DamagedModel | undefined;
  try {
    const weights = await readStored(entry.architecture, file, convolutions);
    if (weights) return weights;
  } catch (error) {
    const labels = sourcesOf(entry, mirrorOf(options)).map(sourceLabel);
    if (!(error instanceof DamagedModel && error.source && labels.includes(error.source))) throw error;
    damage = error;
  }
  try {
    // The damage may be past what `pullModel` looks at.
    await pullModel(name, { ...options, force: damage !== undefined });
  } catch (error) {
    if (!damage || !(error instanceof UserError)) throw error;
    throw new UserError(`The stored weights of ${name} are damaged. ${error.message}`, { cause: error });
  }
  const weights = await readStored(entry.architecture, file, convolutions);
  if (!weights) throw new UserError(`Somebody removed ${file} while it was read; try again.`);
  return weights;
}

export interface LoadOptions extends StoreOptions {
  /** Which convolutions' arrays are needed of the network, once it is known; all by default. */
  readonly needed?: ((architecture: Architecture) => readonly string[]) | undefined;
}

const orFile = 'or give a weight file (.safetensors, .h5 or a TensorFlow.js model.json)';

/** A network ready to be used. */
export interface LoadedModel {
  readonly architecture: Architecture;
  /** Canonical arrays; of a network from the store only those of the convolutions that are needed. */
  readonly weights: Weights;
}

/**
 * A network by its name, fetched first if it is not here, or from a file: safetensors, Keras HDF5, a TensorFlow.js
 * `model.json` or the folder it is in. Which network a file holds is found out.
 * @throws UserError if there is neither such a network nor such a file, as `pullModel`, or saying what is wrong with the
 * file
 */
export async function loadModel(nameOrFile: string, options: LoadOptions = {}): Promise<LoadedModel> {
  const entries = options.catalogue ?? catalogue;
  const architecture = entries.find((entry) => entry.architecture.name === nameOrFile)?.architecture;
  if (architecture) {
    return { architecture, weights: await loadWeights(nameOrFile, options.needed?.(architecture), options) };
  }
  const path = resolve(nameOrFile);
  // Without a dot or slash it was meant as a name: the error should say the names there are.
  if (!existsSync(path) && !/[./\\]/.test(nameOrFile)) entryNamed(nameOrFile, entries, orFile);
  const origin = `The file ${nameOrFile}`;
  const { weights } = await readWeightFile(path, origin, options.signal);
  return identifyWeights(
    weights,
    origin,
    entries.map((entry) => entry.architecture),
  );
}
