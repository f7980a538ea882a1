import type { MultipartFile } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { badRequest, tooLarge } from '../errors.ts';
import type { Limits } from '../limits.ts';
import type { Upload } from '../queue/protocol.ts';
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

/** @throws ApiError when the form is broken, too large, or has a part that means nothing */
export async function readForm(request: FastifyRequest, limits: Limits): Promise<Form> {
  try {
    return await readParts(request, limits);
  } catch (error) {
    if (error instanceof Error && isOfBrokenForm(error)) {
      throw badRequest('The form is broken or was cut off; send it again.');
    }
    throw error;
  }
}

/** The parser of forms throws plain errors. */
function isOfBrokenForm({ code = '', message }: Error & { readonly code?: string }): boolean {
  return (
    code === 'FST_MP_PREMATURE_CLOSE' ||
    code === 'FST_INVALID_MULTIPART_CONTENT_TYPE' ||
    /multipart|unexpected end|part terminated|malformed|boundary/i.test(message)
  );
}

async function readParts(request: FastifyRequest, limits: Limits): Promise<Form> {
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
      if (!place) throw unknownPart(name);
      const upload = await readUpload(part, name, limits);
      bytes += upload.bytes.length;
      if (bytes > largestForm(limits)) {
        throw tooLarge(
          `All files together are larger than ${LARGEST_FILES * maxUpload} MB; save them smaller.`,
        );
      }
      place.push(upload);
    } else {
      const place = name === 'styleRegions' ? styleRegions : ownOf(fields, name);
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

async function readUpload(part: MultipartFile, field: string, limits: Limits): Promise<Upload> {
  const name = plainName(part.filename, field);
  try {
    return { name, bytes: await part.toBuffer() };
  } catch (error) {
    if ((error as { code?: string }).code !== 'FST_REQ_FILE_TOO_LARGE') throw error;
    throw tooLarge(`${name} is larger than ${limits.maxUpload} MB; save it smaller.`);
  }
}

function unknownPart(name: string) {
  return badRequest(
    `There is no part "${plainName(name, '')}"; the parts are content, style, contentRegions, styleRegions, start, settings, from, texture, explain and history.`,
  );
}
