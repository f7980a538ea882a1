import { once } from 'node:events';
import { addAbortSignal } from 'node:stream';
import type { MultipartFile } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { badRequest, tooLarge } from '../errors.ts';
import type { Limits } from '../limits.ts';
import type { Upload } from '../queue/protocol.ts';
import type { Arrival } from './arrivals.ts';
import { plainName } from './name.ts';

/** What a form said, before any of it is looked at. */
export interface Form {
  readonly content: Upload | undefined;
  readonly styles: readonly Upload[];
  readonly contentRegions: Upload | undefined;
  readonly start: Upload | undefined;
  /** Masks, or colours. */
  readonly styleRegions: readonly (Upload | string)[];
  readonly settings: string | undefined;
  readonly from: string | undefined;
  readonly texture: string | undefined;
  readonly explain: string | undefined;
  readonly history: string | undefined;
}

/** Bytes of a field that is no file. */
const FIELD_BYTES = 64 * 1024;
/** A form may be as large as so many of the largest files. */
const LARGEST_FILES = 4;

/** Bytes of the files of a form, at most. */
export function largestForm({ maxUpload }: Limits): number {
  return LARGEST_FILES * maxUpload * 2 ** 20;
}

/** @throws ApiError when the form is broken, too large, or has a part that means nothing, or there is no room for it */
export async function readForm(request: FastifyRequest, limits: Limits, arrival: Arrival): Promise<Form> {
  const { refused } = arrival;
  try {
    // Whoever is refused may send nothing for ever.
    const form = await Promise.race([readParts(request, limits, arrival), rejection(refused)]);
    arrival.complete();
    return form;
  } catch (error) {
    // Many clients read no answer before all of theirs is taken.
    request.raw.unpipe();
    request.raw.resume();
    refused.throwIfAborted();
    if (error instanceof Error && isOfBrokenForm(error)) {
      throw badRequest('The form is broken or was cut off; send it again.');
    }
    throw error;
  }
}

async function rejection(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}

/** The parser of forms throws plain errors. */
function isOfBrokenForm({ code = '', message }: Error & { readonly code?: string }): boolean {
  return (
    code === 'FST_MP_PREMATURE_CLOSE' ||
    code === 'FST_INVALID_MULTIPART_CONTENT_TYPE' ||
    /multipart|unexpected end|part terminated|malformed|boundary/i.test(message)
  );
}

async function readParts(request: FastifyRequest, limits: Limits, arrival: Arrival): Promise<Form> {
  if (!request.isMultipart()) {
    throw badRequest('Send the painting as multipart/form-data, with the parts content, style and settings.');
  }
  const files: Record<string, Upload[]> = { content: [], style: [], contentRegions: [], start: [] };
  const styleRegions: (Upload | string)[] = [];
  const fields: Record<string, string[]> = {
    settings: [],
    from: [],
    texture: [],
    explain: [],
    history: [],
  };
  // The parser holds on to all until its client is gone.
  arrival.refused.addEventListener('abort', () => {
    for (const all of [...Object.values(files), styleRegions]) all.length = 0;
  });
  const { maxStyles, maxUpload } = limits;
  let bytes = 0;
  const parts = request.parts({
    limits: {
      fileSize: maxUpload * 2 ** 20,
      files: 2 * maxStyles + 3,
      fields: maxStyles + 5,
      parts: 3 * maxStyles + 8,
      fieldSize: FIELD_BYTES,
      fieldNameSize: 100,
      headerPairs: 50,
    },
  });
  for await (const part of parts) {
    const { fieldname: name } = part;
    if (part.type === 'file') {
      const place = name === 'styleRegions' ? styleRegions : ownOf(files, name);
      if (!place && ownOf(fields, name)) throw badRequest(`The part ${name} must be text, and not a file.`);
      if (!place) throw unknownPart(name);
      const upload = await readUpload(part, name, limits, arrival);
      bytes += upload.bytes.length;
      if (bytes > largestForm(limits)) {
        throw tooLarge(
          `All files together are larger than ${LARGEST_FILES * maxUpload} MB; save them smaller.`,
        );
      }
      place.push(upload);
    } else {
      const place = name === 'styleRegions' ? styleRegions : ownOf(fields, name);
      if (!place && ownOf(files, name)) {
        throw badRequest(`The part ${name} must be a file; curl sends one with -F ${name}=@picture.jpg.`);
      }
      if (!place) throw unknownPart(name);
      if (part.valueTruncated || part.fieldnameTruncated) throw tooLarge(`The part ${name} is too long.`);
      place.push(String(part.value));
    }
  }
  for (const [name, all] of Object.entries({ ...files, ...fields })) {
    if (name !== 'style' && all.length > 1) throw badRequest(`There must be one part ${name}, not several.`);
  }
  if ((files.style?.length ?? 0) > maxStyles) throw badRequest(`Send at most ${maxStyles} styles.`);
  return {
    content: files.content?.[0],
    styles: files.style ?? [],
    contentRegions: files.contentRegions?.[0],
    start: files.start?.[0],
    styleRegions,
    settings: fields.settings?.[0],
    from: fields.from?.[0],
    texture: fields.texture?.[0],
    explain: fields.explain?.[0],
    history: fields.history?.[0],
  };
}

/** The list of that name, if it is one of those there are. */
function ownOf<T>(lists: Readonly<Record<string, T[]>>, name: string): T[] | undefined {
  return Object.hasOwn(lists, name) ? lists[name] : undefined;
}

/** The parser's own way to a whole file has the parser keep it, and counts nothing. */
async function readUpload(
  { filename, file }: MultipartFile,
  field: string,
  { maxUpload }: Limits,
  { take, refused }: Arrival,
): Promise<Upload> {
  const name = plainName(filename, field);
  const chunks: Uint8Array[] = [];
  for await (const chunk of addAbortSignal(refused, file) as AsyncIterable<Uint8Array>) {
    take(chunk.length);
    chunks.push(chunk);
  }
  if (file.truncated) throw tooLarge(`${name} is larger than ${maxUpload} MB; save it smaller.`);
  return { name, bytes: Buffer.concat(chunks) };
}

function unknownPart(name: string) {
  return badRequest(
    `There is no part "${plainName(name, '')}"; the parts are content, style, contentRegions, styleRegions, start, settings, from, texture, explain and history.`,
  );
}
