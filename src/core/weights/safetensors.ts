/**
 * The safetensors format (https://github.com/huggingface/safetensors): eight bytes with the length of a JSON header,
 * the header, which gives each array's kind, shape and place, then the arrays without gaps.
 */
import { UserError } from '../errors.ts';
import { decodeFloats, type FloatKind, floatBytes } from './floats.ts';
import type { Weights, WeightTensor } from './weights.ts';

/** Where one array of a file is. */
export interface SafetensorsEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly bytes: number;
}

export interface SafetensorsHeader {
  /** In the order of the file. */
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Bytes from the start of the file to the arrays, and from there to the end of the file. */
  readonly dataOffset: number;
  readonly dataBytes: number;
}

/** Something that can be read in parts: a file, a response that honours ranges. */
export interface ByteSource {
  /** In bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset` on. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** The kinds of values that the format knows, in bytes. */
const kindBytes: ReadonlyMap<string, number> = new Map([
  ...['BOOL', 'U8', 'I8', 'F8_E4M3', 'F8_E5M2', 'F8_E8M0'].map((kind) => [kind, 1] as const),
  ...['U16', 'I16'].map((kind) => [kind, 2] as const),
  ...['U32', 'I32'].map((kind) => [kind, 4] as const),
  ...['U64', 'I64', 'C64'].map((kind) => [kind, 8] as const),
  ...Object.entries(floatBytes),
]);

/** The format's own limit. A longer header is no header. */
const longestHeader = 100_000_000;

/**
 * Reads the header only.
 * @param origin what to call the file in messages, as in `The file vgg.safetensors`
 * @throws UserError if it is no safetensors file, or cut short, or its header makes no sense
 */
export async function openSafetensors(source: ByteSource, origin = 'The file'): Promise<SafetensorsHeader> {
  const start = source.size < 8 ? new Uint8Array() : await source.read(0, 8);
  const length = headerLength(start, source.size, origin);
  return parseHeader(await source.read(8, length), source.size, origin);
}

/**
 * Reads one array, as float32 whatever kind of floating-point number the file holds.
 * @throws UserError if the array is not there, or not of floating-point numbers
 */
export async function readTensor(
  source: ByteSource,
  header: SafetensorsHeader,
  name: string,
  origin = 'The file',
): Promise<WeightTensor> {
  const entry = header.entries.get(name);
  if (!entry) throw new UserError(`${origin} has no array "${name}".`);
  return decode(name, entry, await source.read(entry.offset, entry.bytes), origin);
}

/**
 * Reads a whole file.
 * @throws UserError as `openSafetensors` and `readTensor`
 */
export function readSafetensors(
  bytes: Uint8Array,
  origin = 'The file',
): { weights: Weights; metadata: Readonly<Record<string, string>> } {
  const length = headerLength(bytes.subarray(0, 8), bytes.length, origin);
  const { entries, metadata } = parseHeader(bytes.subarray(8, 8 + length), bytes.length, origin);
  const weights = new Map<string, WeightTensor>();
  for (const [name, entry] of entries) {
    weights.set(name, decode(name, entry, bytes.subarray(entry.offset, entry.offset + entry.bytes), origin));
  }
  return { weights, metadata };
}

/**
 * The parts of a float32 file, to be written one after the other: header, then each array's own memory, not copied.
 * @param metadata goes into the header's `__metadata__`
 */
export function safetensorsParts(
  weights: Weights,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  return [safetensorsHeader(weights, metadata), ...[...weights.values()].map(({ data }) => bytesOf(data))];
}

/** The header of a float32 file. What follows are the values of the arrays, one after the other. */
export function safetensorsHeader(
  arrays: ReadonlyMap<
    string,
    { readonly shape: readonly number[]; readonly data: { readonly length: number } }
  >,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  let end = 0;
  const entries = [...arrays].map(([name, { shape, data }]) => {
    if (name === '__metadata__' || count(shape) !== data.length) {
      throw new RangeError(
        `Cannot write "${name}" of shape [${shape.join(', ')}] with ${data.length} values.`,
      );
    }
    const begin = end;
    end += 4 * data.length;
    return [name, { dtype: 'F32', shape, data_offsets: [begin, end] }] as const;
  });
  const json = JSON.stringify(Object.fromEntries<unknown>([['__metadata__', metadata], ...entries]));
  const text = new TextEncoder().encode(json);
  // Spaces at the end of the header, so that the arrays start at a multiple of eight.
  const header = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(text, 8);
  return header;
}

/** A whole float32 file. `safetensorsParts` is the same without the copy. */
export function writeSafetensors(
  weights: Weights,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const parts = safetensorsParts(weights, metadata);
  const file = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    file.set(part, offset);
    offset += part.length;
  }
  return file;
}

/** The memory of an array. */
export function bytesOf(data: Float32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Whether a file that starts with these bytes may be safetensors: a sensible length, then `{`. */
export function looksLikeSafetensors(start: Uint8Array): boolean {
  return start.length > 8 && start[8] === 0x7b && Number(leadingLength(start)) <= longestHeader;
}

function leadingLength(start: Uint8Array): bigint {
  return new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
}

function headerLength(start: Uint8Array, size: number, origin: string): number {
  if (size === 0) throw new UserError(`${origin} is empty; get it anew.`);
  const length = start.length < 8 ? 0n : leadingLength(start);
  if (length < 2n || length > BigInt(longestHeader)) throw new UserError(`${origin} is no safetensors file.`);
  if (8n + length > BigInt(size))
    throw new UserError(`${origin} is cut short within its header; get it anew.`);
  return Number(length);
}

function parseHeader(bytes: Uint8Array, size: number, origin: string): SafetensorsHeader {
  const header = parseObject(bytes);
  if (!header) throw new UserError(`${origin} is no safetensors file: its header is no JSON object.`);
  const dataOffset = 8 + bytes.length;
  const dataBytes = size - dataOffset;
  const metadata = header.get('__metadata__') ?? {};
  if (!isObject(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw new UserError(`${origin} is damaged: its metadata are not texts; get it anew.`);
  }
  const entries = new Map<string, SafetensorsEntry>();
  for (const [name, value] of header) {
    if (name !== '__metadata__') entries.set(name, parseEntry(name, value, dataOffset, origin));
  }
  const inOrder = new Map([...entries].sort(([, a], [, b]) => a.offset - b.offset || a.bytes - b.bytes));
  checkPlaces(inOrder, dataOffset, dataBytes, origin);
  return { entries: inOrder, metadata: metadata as Record<string, string>, dataOffset, dataBytes };
}

function parseEntry(name: string, value: unknown, dataOffset: number, origin: string): SafetensorsEntry {
  const wrong = (what: string) =>
    new UserError(`${origin} is damaged: array "${name}" ${what}; get it anew.`);
  const { dtype, shape, data_offsets: offsets } = isObject(value) ? value : {};
  if (typeof dtype !== 'string' || !isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
    throw wrong('lacks its kind, shape or place');
  }
  const valueBytes = kindBytes.get(dtype);
  if (valueBytes === undefined) throw wrong(`holds values of an unknown kind, ${dtype}`);
  const [begin, end] = offsets as [number, number];
  if (end - begin !== count(shape) * valueBytes) {
    throw wrong(`of shape [${shape.join(', ')}] and kind ${dtype} cannot take ${end - begin} bytes`);
  }
  return { dtype, shape, offset: dataOffset + begin, bytes: end - begin };
}

/** The arrays have to fill the file: none over another, no gaps, nothing after the last. */
function checkPlaces(
  entries: ReadonlyMap<string, SafetensorsEntry>,
  dataOffset: number,
  dataBytes: number,
  origin: string,
): void {
  let end = dataOffset;
  for (const [name, entry] of entries) {
    if (entry.offset !== end) {
      const what = entry.offset < end ? 'lies over the one before it' : 'leaves a gap before it';
      throw new UserError(`${origin} is damaged: array "${name}" ${what}; get it anew.`);
    }
    end += entry.bytes;
  }
  const size = dataOffset + dataBytes;
  if (end !== size) {
    const what = end > size ? 'is cut short' : 'has something after its end';
    throw new UserError(`${origin} ${what}: it should have ${end} bytes but has ${size}; get it anew.`);
  }
}

function decode(
  name: string,
  { dtype, shape }: SafetensorsEntry,
  bytes: Uint8Array,
  origin: string,
): WeightTensor {
  if (!Object.hasOwn(floatBytes, dtype)) {
    throw new UserError(
      `${origin} cannot be used: array "${name}" holds ${dtype} values, not F32, F16, BF16 or F64.`,
    );
  }
  return { shape, data: decodeFloats(dtype as FloatKind, bytes) };
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** As a map, because names are anybody's: `__proto__` is one. */
function parseObject(bytes: Uint8Array): Map<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return isObject(value) ? new Map(Object.entries(value)) : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
