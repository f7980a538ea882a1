import { UserError } from '../../core/errors.ts';
import { inMemory, type Picture } from '../../core/picture/picture.ts';
import {
  type ByteSource,
  readTensor,
  type SafetensorsHeader,
  type WeightTensor,
} from '../../core/weights/index.ts';
import { bytesOf } from '../../core/weights/safetensors.ts';
import { factsIn, type LooseHeader, looseHeader, looseMetadata } from './decode.ts';
import { hashOf } from './encode.ts';
import { type Facts, FORMAT, PAINTING, PAINTING_ALPHA, pictureIn } from './layout.ts';

/** What can be had of a checkpoint, whatever became of the rest of it. */
export interface Rescued {
  /** As it stood, at the size of its scale. */
  readonly painting: Picture;
  /** What else is known of it, where that can be read. */
  readonly facts: Facts | undefined;
}

/**
 * Reads the painting as it stood, also from a checkpoint that is damaged or cut short behind it, or of another format.
 * @throws UserError when the picture is not whole, or the file no checkpoint
 */
export async function rescueFrom(source: ByteSource, name: string): Promise<Rescued> {
  const header = await looseHeader(source);
  const metadata = await looseMetadata(source);
  if (!header || metadata?.format !== FORMAT) {
    throw new UserError(`${name} is no checkpoint of Velatura, or its beginning is damaged.`);
  }
  const arrays = new Map<string, WeightTensor>();
  for (const array of [PAINTING, PAINTING_ALPHA]) {
    const found = await readLoose(source, header, array);
    if (found) arrays.set(array, found);
  }
  const painting = pictureIn(arrays, PAINTING);
  const whole = hashOf([...arrays.values()].map(({ data }) => bytesOf(data))) === metadata.painting;
  if (!painting || !whole) throw new UserError(`The picture in ${name} is damaged, and cannot be saved.`);
  return { painting: inMemory(painting), facts: factsIn(metadata.checkpoint) };
}

/** An array, if its bytes are there and as many as its shape takes. */
async function readLoose(
  source: ByteSource,
  { entries, dataOffset }: LooseHeader,
  name: string,
): Promise<WeightTensor | undefined> {
  const { dtype, shape, data_offsets: place } = (entries[name] ?? {}) as Record<string, unknown>;
  const numbers = (value: unknown): value is number[] =>
    Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
  if (dtype !== 'F32' || !numbers(shape) || !numbers(place)) return undefined;
  const [begin = 0, end = 0] = place;
  const bytes = end - begin;
  const fits = bytes === 4 * shape.reduce((product, side) => product * side, 1);
  if (!fits || dataOffset + end > source.size) return undefined;
  const header: SafetensorsHeader = {
    entries: new Map([[name, { dtype, shape, offset: dataOffset + begin, bytes }]]),
    metadata: {},
    dataOffset,
    dataBytes: source.size - dataOffset,
  };
  return await readTensor(source, header, name);
}
