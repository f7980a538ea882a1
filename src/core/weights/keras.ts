import { UserError } from '../errors.ts';
import { decodeFloats } from './floats.ts';
import { kerasName } from './keras-names.ts';
import type { Weights, WeightTensor } from './weights.ts';

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Whether a file that starts with these bytes is HDF5. */
export function looksLikeHdf5(start: Uint8Array): boolean {
  return signature.every((byte, i) => start[i] === byte);
}

let files = 0;

/**
 * Reads the weights of a Keras HDF5 file, of weights alone or of a whole model.
 *
 * Matrices are left out: no network here has fully connected layers, and those of VGG take 400 MB.
 *
 * @param bytes the whole file; they are used in place
 * @param origin what to call the file in messages, as in `The file vgg.h5`
 * @returns arrays as Keras stores them (kernels HWIO), by the names of `kerasName`
 * @throws UserError if it is no HDF5 file, damaged, or of a layout that does not name its layers
 */
export async function readKeras(bytes: Uint8Array, origin = 'The file'): Promise<Weights> {
  if (!looksLikeHdf5(bytes)) throw new UserError(`${origin} is no HDF5 file.`);
  // Five megabytes of WebAssembly: only for those who have such a file.
  const { default: h5wasm } = await import('h5wasm');
  const module = await h5wasm.ready;
  // Otherwise the library prints its errors and goes on.
  module.activate_throwing_error_handler();
  // A name in the library's file system, which is memory.
  const path = `/velatura-${files++}.h5`;
  // Its types leave out `canOwn`: keep these bytes instead of a copy.
  module.FS.writeFile(path, bytes, { flags: 'w', canOwn: true } as { flags: string });
  try {
    const file = new h5wasm.File(path, 'r');
    try {
      return readArrays(file, origin);
    } finally {
      file.close();
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${origin} is a damaged HDF5 file, perhaps cut short; get it anew.`, {
      cause: error,
    });
  } finally {
    module.FS.unlink(path);
  }
}

type Hdf5File = InstanceType<typeof import('h5wasm')['File']>;

function readArrays(file: Hdf5File, origin: string): Weights {
  // A whole model has its weights in one group beside those of the optimiser.
  const root = file.keys().includes('model_weights') ? 'model_weights/' : '';
  const weights = new Map<string, WeightTensor>();
  for (const path of file.paths()) {
    if (!path.startsWith(root)) continue;
    const dataset = file.get(path);
    if (!dataset || !('metadata' in dataset) || !('value' in dataset)) continue;
    const { type, size, littleEndian, shape } = dataset.metadata;
    if (type !== 1 || !shape || shape.length === 2) continue;
    if (/(^|\/)vars\/\d+$/.test(path)) {
      throw new UserError(
        `${origin} is in the .weights.h5 layout of Keras 3, which does not name its arrays; save the model as .h5 instead.`,
      );
    }
    const name = kerasName(path.slice(root.length));
    if (weights.has(name)) throw new UserError(`${origin} has two arrays that go by "${name}".`);
    weights.set(name, { shape, data: float32(dataset.value, size, littleEndian, `${origin}: "${path}"`) });
  }
  return weights;
}

function float32(value: unknown, size: number, littleEndian: boolean, what: string): Float32Array {
  if (value instanceof Float32Array) return value;
  if (value instanceof Float64Array) return Float32Array.from(value);
  // Half precision comes as bytes, for want of a typed array.
  if (value instanceof Uint8Array && size === 2 && littleEndian) return decodeFloats('F16', value);
  if (value === null) return new Float32Array();
  throw new UserError(`${what} is of a kind of number that cannot be read.`);
}
