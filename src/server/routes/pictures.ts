import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import {
  convertPicture,
  encodeAnimation,
  historyDelays,
  type PictureFormat,
  thumbnail,
} from '../../node/index.ts';
import { errorSchema } from '../answers.ts';
import type { Context } from '../context.ts';
import { conflict, notFound } from '../errors.ts';
import { findFile, listFiles, type Role, readBytes, readFile } from '../paintings/files.ts';
import { findPainting } from '../paintings/find.ts';
import { momentNamed } from '../paintings/history.ts';
import { stemOf } from '../paintings/painting.ts';
import { remembered } from '../remembered.ts';
import { attachment, downloadSchema, responses, sendFile } from './files.ts';
import { idSchema } from './paintings.ts';

const formats: Readonly<Record<string, PictureFormat>> = {
  png: 'png',
  jpg: 'jpeg',
  webp: 'webp',
  avif: 'avif',
  tiff: 'tiff',
};
const FORMATS = ['png', 'jpg', 'webp', 'avif', 'tiff'] as const;

/** Longest side, in pixels, of contents and styles as they are shown. */
const SHOWN = 1024;
/** So many of these are kept in memory, some 100 kB each: a drawing may take seconds. */
const KEPT = 100;

const tags = ['pictures'];

const placeSchema = idSchema.extend({ n: z.coerce.number().int().min(0).max(1000).describe('From 0') });

/** What can be seen of a painting. */
export function routePictures(plain: FastifyInstance, { database: { query } }: Context): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/paintings/:id/picture',
    {
      schema: {
        summary: 'The painting, when it is done',
        tags,
        params: idSchema,
        querystring: downloadSchema.extend({ format: z.enum(FORMATS).default('png') }),
        response: responses,
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { format, download } = request.query;
      const row = await findPainting(query, id);
      if (row.state !== 'done') {
        throw conflict(`This painting is ${row.state}; its picture is here when it is done, or stopped.`);
      }
      const file = await findFile(query, id, format === 'tiff' ? 'tiff' : 'png');
      if (!file) throw notFound('There is no such painting; it may have been removed.');
      if (download === '1') reply.header('content-disposition', attachment(`${stemOf(row)}.${format}`));
      return await sendFile(request, reply, `${file.id}-${format}`, `image/${formats[format]}`, async () => {
        const bytes = await readBytes(query, file.id);
        if (!bytes || format === 'png' || format === 'tiff') return bytes;
        return await convertPicture(bytes, formats[format] as PictureFormat);
      });
    },
  );

  app.get(
    '/paintings/:id/preview',
    { schema: { summary: 'How it stands, as WebP', tags, params: idSchema, response: responses } },
    async (request, reply) => {
      const { id } = request.params;
      await findPainting(query, id);
      const file = await findFile(query, id, 'preview');
      if (!file) throw notFound('Nothing is to be seen of this painting yet.');
      return await sendFile(request, reply, file.id, 'image/webp', () => readBytes(query, file.id));
    },
  );

  app.get(
    '/paintings/:id/history',
    {
      schema: {
        summary: 'How it grew: where each of the pictures that were kept stood, in their order',
        tags,
        params: idSchema,
        response: {
          200: z.array(z.object({ scale: z.int(), step: z.int(), url: z.string() })),
          '4xx': errorSchema,
        },
      },
    },
    async ({ params: { id } }) => {
      await findPainting(query, id);
      const files = await listFiles(query, id, 'history');
      return files.map(({ name }, n) => ({ ...momentNamed(name), url: `/paintings/${id}/history/${n}` }));
    },
  );
  app.get(
    '/paintings/:id/history/:n',
    {
      schema: { summary: 'One of these, as WebP', tags, params: placeSchema, response: responses },
    },
    async (request, reply) => {
      const { id, n } = request.params;
      await findPainting(query, id);
      const file = (await listFiles(query, id, 'history'))[n];
      if (!file) throw notFound(`This painting has no picture ${n} of how it grew.`);
      return await sendFile(request, reply, file.id, 'image/webp', () => readBytes(query, file.id));
    },
  );
  app.get(
    '/paintings/:id/history/animation',
    {
      schema: { summary: 'All of these as an animated WebP', tags, params: idSchema, response: responses },
    },
    async (request, reply) => {
      const { id } = request.params;
      const row = await findPainting(query, id);
      const files = await listFiles(query, id, 'history');
      if (files.length === 0) throw notFound('No pictures of how this painting grew were kept.');
      reply.header('content-disposition', attachment(`${stemOf(row)}-history.webp`));
      return await sendFile(request, reply, `${files.at(-1)?.id}-${files.length}`, 'image/webp', async () => {
        const frames: Uint8Array[] = [];
        for (const file of files) {
          const bytes = await readBytes(query, file.id);
          if (!bytes) return undefined;
          frames.push(bytes);
        }
        return await encodeAnimation(frames, historyDelays(frames.length));
      });
    },
  );

  /** An upload as it is shown; nothing where it is gone. One that cannot be is not tried again. */
  const shown = remembered(KEPT, async (file) => {
    const bytes = await readBytes(query, file);
    return bytes && { picture: await thumbnail(bytes, SHOWN).catch(() => undefined) };
  });

  const upload = async (
    request: FastifyRequest,
    reply: FastifyReply,
    id: string,
    role: Role,
    place: number,
  ) => {
    await findPainting(query, id);
    const file = await findFile(query, id, role, place);
    if (!file) throw notFound(`This painting has no ${role} ${place}.`);
    return await sendFile(request, reply, file.id, 'image/webp', async () => {
      const found = await shown(file.id);
      if (found && !found.picture) {
        throw conflict(
          `${file.name} is damaged, or cannot be drawn here; ask for the painting again with another file.`,
        );
      }
      return found?.picture;
    });
  };
  app.get(
    '/paintings/:id/content',
    {
      schema: { summary: 'What is repainted, reduced, as WebP', tags, params: idSchema, response: responses },
    },
    (request, reply) => upload(request, reply, request.params.id, 'content', 0),
  );
  app.get(
    '/paintings/:id/styles/:n',
    {
      schema: {
        summary: 'A style, reduced, as WebP',
        tags,
        params: placeSchema,
        response: responses,
      },
    },
    (request, reply) => upload(request, reply, request.params.id, 'style', request.params.n),
  );

  const mask = async (reply: FastifyReply, id: string, role: Role, place: number) => {
    await findPainting(query, id);
    const found = await readFile(query, id, role, place);
    if (!found) throw notFound('There is no such mask of this painting.');
    // As it came, which may be a drawing: for saving, and not for showing.
    reply.header('content-disposition', attachment(found.name)).type('application/octet-stream');
    return await reply.send(Buffer.from(found.bytes));
  };
  app.get(
    '/paintings/:id/regions/content',
    {
      schema: { summary: 'The mask of the content, as it came', tags, params: idSchema, response: responses },
    },
    (request, reply) => mask(reply, request.params.id, 'contentRegions', 0),
  );
  app.get(
    '/paintings/:id/regions/styles/:n',
    {
      schema: { summary: 'The mask of a style, as it came', tags, params: placeSchema, response: responses },
    },
    (request, reply) => mask(reply, request.params.id, 'styleRegions', request.params.n),
  );

  app.get(
    '/paintings/:id/settings',
    {
      schema: {
        summary: 'All its settings as a file',
        tags,
        params: idSchema,
        response: { 200: z.record(z.string(), z.unknown()), '4xx': errorSchema },
      },
    },
    async ({ params: { id } }, reply) => {
      const row = await findPainting(query, id);
      reply.header('content-disposition', attachment(`${stemOf(row)}.json`));
      return { ...row.resolved };
    },
  );
}
