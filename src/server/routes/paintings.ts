import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { errorSchema } from '../answers.ts';
import type { Context } from '../context.ts';
import { badRequest } from '../errors.ts';
import { pause, remove, resume, stop } from '../paintings/commands.ts';
import { acceptor } from '../paintings/create.ts';
import { findPainting, listPaintings } from '../paintings/find.ts';
import { type PaintingRow, paintingSchema, viewOf } from '../paintings/painting.ts';
import { checkRoom, countWaiting } from '../paintings/room.ts';
import { queuePositions } from '../queue/turns.ts';
import { together } from '../together.ts';
import { readWish } from '../uploads/wish.ts';

export const idSchema = z.object({ id: z.string().max(64).describe('The id of a painting') });

const refusals = { '4xx': errorSchema };
const keySchema = z.object({
  'idempotency-key': z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('The same key with the same form gives the same painting'),
});
const file = (words: string) => z.file().optional().describe(words);
const formSchema = z.object({
  content: file('The picture to repaint'),
  style: z.array(z.file()).optional().describe('The pictures in whose styles to paint'),
  contentRegions: file('A mask: what is painted where'),
  start: file('The picture to start from, instead of the content'),
  styleRegions: z.array(z.file()).optional().describe('The same for each style; or colours as #ff0000'),
  settings: z.string().optional().describe('The settings that are not the usual ones, as a JSON object'),
  texture: z
    .string()
    .optional()
    .describe(
      'To have a texture made of the styles alone: its size, and whether it can be laid beside itself, as {"width": 512, "height": 512, "tileable": true}',
    ),
  explain: z
    .string()
    .optional()
    .describe(
      'To have an explanation instead: a small painting with a report of what the network sees. What is looked into, as {} or {"maps": 8}; with from, that painting is explained',
    ),
  history: z
    .string()
    .optional()
    .describe('To keep pictures of how it grows: how many steps lie between two of them, as 10'),
  from: z
    .string()
    .optional()
    .describe(
      'The id of a painting from whose picture to start; its content and styles are used where none are sent',
    ),
});

/** Milliseconds from one list to the next: many who look at once see the same one. */
const LIST_EVERY = 100;

/** Asking for paintings, and what one can do with them. */
export function routePaintings(plain: FastifyInstance, context: Context): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const { database, limits, commandLine } = context;

  const accept = acceptor(database, limits, commandLine);
  const waiting = together(0, () => countWaiting(database.query));
  const positions = together(0, () => queuePositions(database.query));

  async function shown(row: PaintingRow) {
    if (row.state !== 'queued') return viewOf(row, commandLine);
    return viewOf(row, commandLine, (await positions()).get(row.id));
  }

  app.post(
    '/paintings',
    {
      schema: {
        summary: 'Ask for a painting',
        tags: ['paintings'],
        consumes: ['multipart/form-data'],
        headers: keySchema,
        body: formSchema,
        response: { 201: paintingSchema, ...refusals },
      },
      // The form is read piece by piece, when it is known that there is room.
      validatorCompiler: () => (value) => ({ value }),
    },
    async (request, reply) => {
      const key = keySchema.safeParse(request.headers);
      if (!key.success) throw badRequest('The Idempotency-Key must have 1 to 200 characters.');
      // Told again, it may be there already.
      if (key.data['idempotency-key'] === undefined) checkRoom(await waiting(), request.client, limits);
      const wish = await readWish(request, key.data['idempotency-key'], context);
      const row = await accept(wish);
      reply.code(201).header('location', `/paintings/${row.id}`);
      return await shown(row);
    },
  );

  const pageSchema = z.object({ paintings: z.array(paintingSchema), next: z.string().optional() });

  /** A page of the list, and the same as JSON. */
  const pageOf = together(LIST_EVERY, async (asked) => {
    const { limit, before } = JSON.parse(asked) as { limit: number; before?: number };
    const rows = await listPaintings(database.query, limit + 1, before);
    const page = rows.slice(0, limit);
    const positions = page.some(({ state }) => state === 'queued')
      ? await queuePositions(database.query)
      : new Map<string, number>();
    const answer = pageSchema.parse({
      paintings: page.map((row) => viewOf(row, commandLine, positions.get(row.id))),
      ...(rows.length > limit && { next: String(page.at(-1)?.number) }),
    });
    return { answer, text: JSON.stringify(answer) };
  });

  app.get(
    '/paintings',
    {
      schema: {
        summary: 'List paintings, newest first',
        tags: ['paintings'],
        querystring: z.object({
          limit: z.coerce.number().int().min(1).max(200).default(50),
          before: z.coerce
            .number()
            .int()
            .min(1)
            .max(2 ** 31 - 1)
            .optional()
            .describe('The `next` of the page before'),
        }),
        response: { 200: pageSchema, ...refusals },
      },
    },
    async ({ query }, reply) => {
      const { answer, text } = await pageOf(JSON.stringify(query));
      return await reply.serializer(() => text).send(answer);
    },
  );

  const one = { tags: ['paintings'], params: idSchema, response: { 200: paintingSchema, ...refusals } };

  app.get('/paintings/:id', { schema: { summary: 'Look at a painting', ...one } }, async ({ params }) =>
    shown(await findPainting(database.query, params.id)),
  );
  app.post(
    '/paintings/:id/pause',
    { schema: { summary: 'Have it rest after the present step', ...one } },
    async ({ params }) => shown(await pause(context, params.id)),
  );
  app.post(
    '/paintings/:id/resume',
    { schema: { summary: 'Have it go on from where it rests, or failed', ...one } },
    async ({ params }) => shown(await resume(context, params.id)),
  );
  app.post(
    '/paintings/:id/stop',
    { schema: { summary: 'Keep it as it is after the present step', ...one } },
    async ({ params }) => shown(await stop(context, params.id)),
  );
  app.delete(
    '/paintings/:id',
    {
      schema: {
        summary: 'Cancel and remove it',
        tags: ['paintings'],
        params: idSchema,
        response: { 204: z.null(), ...refusals },
      },
    },
    async ({ params }, reply) => {
      await remove(context, params.id);
      return reply.code(204).send(null);
    },
  );
}
