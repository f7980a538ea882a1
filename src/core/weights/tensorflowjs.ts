import * as z from 'zod/mini';
import { UserError } from '../errors.ts';
import { decodeFloats } from './floats.ts';
import { kerasName } from './keras-names.ts';
import type { Weights, WeightTensor } from './weights.ts';

const entrySchema = z.object({
  name: z.string(),
  shape: z.array(z.int().check(z.nonnegative())),
  dtype: z.enum(['float32', 'int32', 'bool', 'string', 'complex64', 'uint8', 'uint16', 'float16']),
  group: z.optional(z.string()),
  quantization: z.optional(
    z.object({
      dtype: z.enum(['uint8', 'uint16', 'float16']),
      scale: z.optional(z.number()),
      min: z.optional(z.number()),
    }),
  ),
});

const modelSchema = z.object({
  weightsManifest: z.array(z.object({ paths: z.array(z.string()), weights: z.array(entrySchema) })),
});

type Entry = z.infer<typeof entrySchema>;

/** In bytes; a damaged size must not take the memory of the machine. */
const largest = 2 ** 31;

const valueBytes = { float32: 4, int32: 4, complex64: 8, bool: 1, uint8: 1, uint16: 2, float16: 2 } as const;

/**
 * Reads the weights of a TensorFlow.js model: a layers model or a graph model, plain or quantised to float16, uint8 or
 * uint16 (https://github.com/tensorflow/tfjs, `tfjs-core/src/io`). Matrices and whatever is not of floating-point
 * numbers are left out.
 *
 * @param model the text of `model.json`
 * @param load the bytes of a file that `model.json` names, relative to it; called in order, once for each
 * @param origin what to call the model in messages, as in `The file model.json`
 * @returns arrays as Keras stores them (kernels HWIO), by the names of `kerasName`
 * @throws UserError if it is no such model, or its files are shorter or longer than it says
 */
export async function readTensorflowjs(
  model: string,
  load: (path: string) => Promise<Uint8Array>,
  origin = 'The file',
): Promise<Weights> {
  const weights = new Map<string, WeightTensor>();
  for (const { paths, weights: entries } of parseModel(model, origin).weightsManifest) {
    // The files of a group are one after the other a single run of bytes; arrays begin and end anywhere in them.
    const stream = joined(paths, load, origin);
    for (const entry of entries) {
      const data = await readEntry(entry, stream, origin);
      if (!data || entry.shape.length === 2 || entry.group === 'optimizer') continue;
      const name = kerasName(entry.name);
      if (weights.has(name)) throw new UserError(`${origin} has two arrays that go by "${name}".`);
      weights.set(name, { shape: entry.shape, data });
    }
    const rest = await stream.rest();
    if (rest > 0)
      throw new UserError(`${origin} is damaged: its files have ${rest} bytes too many; get them anew.`);
  }
  return weights;
}

function parseModel(model: string, origin: string): z.infer<typeof modelSchema> {
  let json: unknown;
  try {
    json = JSON.parse(model);
  } catch (error) {
    throw new UserError(`${origin} is no TensorFlow.js model: it is no JSON.`, { cause: error });
  }
  const parsed = modelSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join('.');
  throw new UserError(
    `${origin} is no TensorFlow.js model: "${where || 'weightsManifest'}" is missing or wrong.`,
  );
}

/** The values of the next array of the stream; nothing if they are not floating-point numbers. */
async function readEntry(
  entry: Entry,
  stream: ByteStream,
  origin: string,
): Promise<Float32Array | undefined> {
  const { name, shape, dtype, quantization } = entry;
  const values = shape.reduce((product, size) => product * size, 1);
  if (dtype === 'string') {
    // Four bytes with its length precede each text.
    for (let i = 0; i < values; i++) {
      const length = await stream.take(4, name);
      await stream.take(new DataView(length.buffer, length.byteOffset).getUint32(0, true), name);
    }
    return undefined;
  }
  const stored = quantization?.dtype ?? dtype;
  const bytes = await stream.take(values * valueBytes[stored], name);
  if (stored === 'float32') return decodeFloats('F32', bytes);
  if (stored === 'float16') return decodeFloats('F16', bytes);
  if (!quantization || dtype !== 'float32') return undefined;
  const { scale, min } = quantization;
  if (scale === undefined || min === undefined) {
    throw new UserError(`${origin} is damaged: the quantised array "${name}" lacks its scale or minimum.`);
  }
  const integers = stored === 'uint8' ? bytes : new Uint16Array(bytes.buffer, bytes.byteOffset, values);
  return Float32Array.from(integers, (integer) => integer * scale + min);
}

interface ByteStream {
  /** A copy of the next bytes, in memory of its own. */
  take(length: number, array: string): Promise<Uint8Array>;
  /** How many bytes are left; this reads to the end. */
  rest(): Promise<number>;
}

/** Several files as one, of which one is in memory at a time. */
function joined(
  paths: readonly string[],
  load: (path: string) => Promise<Uint8Array>,
  origin: string,
): ByteStream {
  let file: Uint8Array = new Uint8Array();
  let used = 0;
  let next = 0;
  async function advance(): Promise<boolean> {
    const path = paths[next++];
    if (path === undefined) return false;
    file = await load(path);
    used = 0;
    return true;
  }
  return {
    async take(length, array) {
      if (length > largest)
        throw new UserError(`${origin} is damaged: "${array}" cannot be ${length} bytes.`);
      const taken = new Uint8Array(length);
      for (let filled = 0; filled < length; ) {
        if (used === file.length) {
          if (await advance()) continue;
          throw new UserError(
            `${origin} is damaged: its files end ${length - filled} bytes before the end of "${array}"; get them anew.`,
          );
        }
        const part = file.subarray(used, used + length - filled);
        taken.set(part, filled);
        filled += part.length;
        used += part.length;
      }
      return taken;
    },
    async rest() {
      let bytes = file.length - used;
      while (await advance()) bytes += file.length;
      return bytes;
    },
  };
}
