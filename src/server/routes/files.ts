import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { errorSchema } from '../answers.ts';
import { notFound } from '../errors.ts';

/*
 * How pictures and reports are sent.
 */

export const responses = { 200: z.any().describe('The file'), '4xx': errorSchema };

export const downloadSchema = z.object({
  download: z.enum(['0', '1']).optional().describe('1 to have it saved under its name'),
});

/** Sends what its tag names, unless the client has it. */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  tag: string,
  type: string,
  read: () => Promise<Uint8Array | undefined>,
): Promise<FastifyReply> {
  const etag = `"${tag}"`;
  reply.header('etag', etag).header('cache-control', 'private, no-cache');
  if (request.headers['if-none-match']?.split(/\s*,\s*/).includes(etag)) return reply.code(304).send();
  const bytes = await read();
  if (!bytes) throw notFound('The file was replaced or removed meanwhile; ask again.');
  return reply.type(type).send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

/** Has a file saved under its name; programs that know only ASCII get a plain one. */
export function attachment(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
