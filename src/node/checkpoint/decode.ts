import { createHash } from 'node:crypto';
import { UserError } from '../../core/errors.ts';
import { checkState, fit } from '../../core/paint/index.ts';
import { inMemory, type Picture } from '../../core/picture/picture.ts';
import type { Store } from '../../core/store.ts';
import { type ByteSource, looksLikeSafetensors, openSafetensors } from '../../core/weights/index.ts';
import { readArray } from './arrays.ts';
import type { Checkpoint } from './checkpoint.ts';
import { placeOfHash } from './encode.ts';
import {
  type Facts,
  FORMAT,
  FORMAT_VERSION,
  factsSchema,
  guideIn,
  isLarge,
  NO_HASH,
  OPTIMIZER,
  PAINTING,
  pictureIn,
  type SavedArray,
  type SavedArrays,
  SCALE_BEST,
  SCALE_START,
} from './layout.ts';

/** What a file can still say when all of it cannot be used. */
const SAVE =
  'the painting as it stood may still be had with "velatura resume <checkpoint> --save-picture <file>"';

/**
 * Reads a checkpoint from the bytes of its file.
 * @param name what to call it in messages
 * @throws UserError when it is none, of another format, cut short or damaged
 */
export function decodeCheckpoint(bytes: Uint8Array, name = 'The checkpoint'): Promise<Checkpoint> {
  return readCheckpointFrom(bytesSource(bytes), name);
}

export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: async (offset, length) => new Uint8Array(bytes.subarray(offset, offset + length)),
  };
}

/**
 * The same from something that can be read in parts.
 * @param store where large arrays go of a scale that is painted from one; in memory when left out
 */
export async function readCheckpointFrom(
  source: ByteSource,
  name: string,
  store?: Store,
): Promise<Checkpoint> {
  await checkFormat(source, name);
  const header = await openSafetensors(source, name).catch((error: unknown) => {
    throw damaged(name, error);
  });
  const { metadata, entries, dataOffset } = header;
  const written = metadata.sha256 ?? '';
  const head = await source.read(0, dataOffset);
  const place = placeOfHash(head, written);
  if (place < 0) throw damaged(name);
  head.set(new TextEncoder().encode(NO_HASH), place);
  const facts = factsIn(metadata.checkpoint);
  const stored = facts?.memory.scales[facts.state.level]?.stored ? store : undefined;
  const hash = createHash('sha256').update(head);
  const arrays = new Map<string, SavedArray>();
  for (const [array, entry] of entries) {
    const place = isLarge(array) ? stored : undefined;
    arrays.set(array, await readArray(source, entry, hash, place, (cause) => damaged(name, cause)));
  }
  if (hash.digest('hex') !== written) throw damaged(name);
  const checkpoint = facts && assemble(facts, arrays);
  if (!checkpoint) throw damaged(name);
  const { settings, state, content } = checkpoint;
  const sizes = settings.scales.map((scale) => fit(content, scale));
  checkState(state, settings, sizes);
  return checkpoint;
}

function damaged(name: string, cause?: unknown): UserError {
  return new UserError(`${name} is damaged or cut short, and cannot be carried on; ${SAVE}.`, { cause });
}

/** @throws UserError when the file is no checkpoint, or one in a format that this program does not know */
async function checkFormat(source: ByteSource, name: string): Promise<void> {
  const metadata = await looseMetadata(source);
  if (metadata?.format !== FORMAT) {
    const cut = metadata === undefined && (await beginsAsCheckpoint(source));
    throw cut ? damaged(name) : new UserError(`${name} is no checkpoint of Velatura.`);
  }
  if (metadata.version === FORMAT_VERSION) return;
  throw new UserError(
    `${name} was written by another version of Velatura, in format ${metadata.version} instead of ${FORMAT_VERSION}; ` +
      `carry it on with that version, or: ${SAVE}.`,
  );
}

/** What the metadata say, whatever became of the rest of the file; nothing if they cannot be read. */
export async function looseMetadata(source: ByteSource): Promise<Record<string, unknown> | undefined> {
  const header = await looseHeader(source);
  const metadata = header?.entries.__metadata__;
  return typeof metadata === 'object' && metadata !== null
    ? (metadata as Record<string, unknown>)
    : undefined;
}

export interface LooseHeader {
  readonly entries: Readonly<Record<string, unknown>>;
  /** Bytes from the start of the file to the arrays. */
  readonly dataOffset: number;
}

/** The header's JSON object, if that much is whole. */
export async function looseHeader(source: ByteSource): Promise<LooseHeader | undefined> {
  const start = await source.read(0, Math.min(64, source.size));
  if (!looksLikeSafetensors(start)) return undefined;
  const length = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
  if (8 + length > source.size) return undefined;
  try {
    const entries: unknown = JSON.parse(new TextDecoder().decode(await source.read(8, length)));
    return typeof entries === 'object' && entries !== null
      ? { entries: entries as Record<string, unknown>, dataOffset: 8 + length }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a file whose header cannot be read was a checkpoint once. */
async function beginsAsCheckpoint(source: ByteSource): Promise<boolean> {
  const start = await source.read(0, Math.min(512, source.size));
  return new TextDecoder().decode(start).includes(`"format":"${FORMAT}"`);
}

/** All but the arrays; nothing where the text makes no sense. */
export function factsIn(text: unknown): Facts | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    return factsSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** @returns nothing where an array is missing */
function assemble(facts: Facts, arrays: SavedArrays): Checkpoint | undefined {
  const { program, settings, network, engine, state, notes } = facts;
  const plain = (name: string) => {
    const found = pictureIn(arrays, name);
    return found && inMemory(found);
  };
  const painting = pictureIn(arrays, PAINTING);
  const content = plain('content');
  const start = plain('start');
  const styles = Array.from({ length: facts.styles }, (_, i) => plain(`style ${i}`));
  const [scaleStart, best] = [arrays.get(SCALE_START)?.data, arrays.get(SCALE_BEST)?.data];
  const guide = facts.guide && guideIn(arrays, facts.guide);
  if (facts.guide && !guide) return undefined;
  if (!painting || !content || !scaleStart || !best || styles.includes(undefined)) return undefined;
  const saved = [...arrays].filter(([name]) => name.startsWith(OPTIMIZER));
  return {
    program,
    settings,
    network,
    engine,
    content,
    styles: styles as Picture[],
    ...(start && { start }),
    ...(guide && { guide }),
    memory: facts.memory,
    painting,
    notes,
    state: {
      level: state.level,
      step: state.step,
      seconds: state.seconds,
      loss: state.loss,
      start: scaleStart,
      picture: best,
      optimizer: state.optimizer && {
        values: state.optimizer,
        arrays: Object.fromEntries(saved.map(([name, { data }]) => [name.slice(OPTIMIZER.length), data])),
      },
    },
  };
}
