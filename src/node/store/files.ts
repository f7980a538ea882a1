import { existsSync } from 'node:fs';
import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../../core/errors.ts';
import {
  type ByteSource,
  looksLikeHdf5,
  looksLikeSafetensors,
  readKeras,
  readSafetensors,
  readTensorflowjs,
  type Weights,
} from '../../core/weights/index.ts';

/** What a weight file holds, not yet converted. */
export interface WeightFile {
  readonly weights: Weights;
  /** Of a safetensors file; empty for the others. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads a weight file of any kind: safetensors, Keras HDF5, a TensorFlow.js `model.json` or the folder it is in. What
 * kind it is its content says, not its name.
 * @param origin what to call the file in messages, as in `The file vgg.h5`
 * @throws UserError if it is not there or of another kind or damaged
 */
export async function readWeightFile(
  path: string,
  origin: string,
  signal?: AbortSignal,
): Promise<WeightFile> {
  const start = await firstBytes(path, origin);
  if (start === 'folder') {
    const model = join(path, 'model.json');
    if (existsSync(model)) return readWeightFile(model, origin, signal);
  } else if (looksLikeSafetensors(start)) {
    return readSafetensors(await wholeFile(path, origin, signal), origin);
  } else if (looksLikeHdf5(start)) {
    return { weights: await readKeras(await wholeFile(path, origin, signal), origin), metadata: {} };
  } else if (/^\s*\{/.test(new TextDecoder().decode(start))) {
    const model = new TextDecoder().decode(await wholeFile(path, origin, signal));
    const load = (name: string) => {
      const file = join(dirname(path), name);
      return wholeFile(file, `The file ${file}`, signal);
    };
    return { weights: await readTensorflowjs(model, load, origin), metadata: {} };
  } else if (start.length === 0) {
    throw new UserError(`${origin} is empty; get it anew.`);
  } else if (/\.keras$/i.test(path)) {
    throw new UserError(
      `${origin} is a Keras 3 archive, which cannot be read; save the model as .h5 instead.`,
    );
  }
  throw new UserError(`${origin} is no weight file; it should be safetensors, Keras HDF5 or TensorFlow.js.`);
}

/** Whether a file begins like something that gzip made. */
export async function isGzip(path: string, origin: string): Promise<boolean> {
  const start = await firstBytes(path, origin);
  return start !== 'folder' && start[0] === 0x1f && start[1] === 0x8b;
}

/** A file that is read in parts. */
export async function fileSource(handle: FileHandle): Promise<ByteSource> {
  const { size } = await handle.stat();
  return {
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
        if (bytesRead === 0) throw new UserError('A file became shorter while it was read; try again.');
        done += bytesRead;
      }
      return bytes;
    },
  };
}

async function firstBytes(path: string, origin: string): Promise<Uint8Array | 'folder'> {
  try {
    const there = await stat(path);
    if (there.isDirectory()) return 'folder';
    // It is read in parts, and more than once; and nobody could stop the waiting for a pipe.
    if (!there.isFile())
      throw new UserError(`${origin} is no plain file; save what it gives, and name that.`);
    const handle = await open(path);
    try {
      const { buffer, bytesRead } = await handle.read(new Uint8Array(64), 0, 64, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw readProblem(error, origin);
  }
}

async function wholeFile(path: string, origin: string, signal?: AbortSignal): Promise<Uint8Array> {
  try {
    return await readFile(path, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw readProblem(error, origin);
  }
}

function readProblem(error: unknown, origin: string): UserError {
  if (error instanceof UserError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const known = code === 'ENOENT' || code === 'ENOTDIR';
  const text = known ? `${origin} is not there.` : `${origin} cannot be read (${code ?? message}).`;
  return new UserError(text, { cause: error });
}
