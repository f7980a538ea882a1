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
  readonly settings: string | undefined;
  readonly from: string | undefined;
}

/** Bytes of a field that is no file. */
const FIELD_BYTES = 64 * 1024;

/** @throws ApiError when the form is broken, too large, or has a part that means nothing */
export async function readForm(request: FastifyRequest, limits: Limits): Promise<Form> {
  if (!request.isMultipart()) {
    throw badRequest('Send the painting as multipart/form-data, with the parts content, style and settings.');
  }
  const files: Record<'content' | 'style', Upload[]> = { content: [], style: [] };
  const fields = new Map<string, string>();
  const parts = request.parts({
    limits: {
      fileSize: limits.maxUpload * 2 ** 20,
      files: limits.maxStyles + 1,
      fields: 8,
      parts: limits.maxStyles + 9,
      fieldSize: FIELD_BYTES,
      fieldNameSize: 100,
      headerPairs: 50,
    },
  });
  for await (const part of parts) {
    const name = part.fieldname;
    if (part.type === 'file') {
      if (name !== 'content' && name !== 'style') throw unknownPart(name);
      files[name].push(await readUpload(part, name, limits));
    } else {
      if (name !== 'settings' && name !== 'from') throw unknownPart(name);
      if (part.valueTruncated || part.fieldnameTruncated) throw tooLarge(`The part ${name} is too long.`);
      if (fields.has(name)) throw badRequest(`There must be one part ${name}, not several.`);
      fields.set(name, String(part.value));
    }
  }
  const { content, style } = files;
  if (content.length > 1) throw badRequest('There must be one content, not several.');
  return { content: content[0], styles: style, settings: fields.get('settings'), from: fields.get('from') };
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
  const known = 'content, style, settings and from';
  if (/^(content|style)Regions$/.test(name)) {
    return badRequest(`Regions are not painted by this version; leave ${name} out.`);
  }
  return badRequest(`There is no part "${plainName(name, '')}"; the parts are ${known}.`);
}
