import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { errorSchema } from '../answers.ts';
import type { Context } from '../context.ts';
import { busy } from '../errors.ts';
import { eventsAfter, type StoredEvent } from '../paintings/events.ts';
import { findPainting } from '../paintings/find.ts';
import { isOver } from '../paintings/painting.ts';
import { idSchema } from './paintings.ts';

/** Events read from the database at once. */
const AT_ONCE = 500;
/** The largest number that the database has for an event. */
const LAST_EVENT = 2 ** 31 - 1;
/** Milliseconds of silence after which a word keeps the connection from being taken for dead. */
const SILENCE = 15_000;

/** What happens to a painting, as it happens. */
export function routeEvents(plain: FastifyInstance, context: Context): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const { database, limits, metrics, log } = context;
  const open = new Set<ServerResponse>();
  app.addHook('preClose', async () => {
    for (const response of open) response.end();
  });

  app.get(
    '/paintings/:id/events',
    {
      exposeHeadRoute: false,
      schema: {
        summary: 'Server-sent events: state, step, preview, done, failed, and end',
        tags: ['paintings'],
        params: idSchema,
        headers: z.object({
          'last-event-id': z.string().max(20).optional().describe('The events after this one are sent'),
        }),
        response: { 200: z.any().describe('text/event-stream'), '4xx': errorSchema },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      await findPainting(database.query, id);
      if (open.size >= limits.maxStreams) {
        throw busy(`${open.size} streams are open already; close some, or try again.`, 10);
      }
      const after = eventNumber(request.headers['last-event-id']);
      reply.hijack();
      const response = reply.raw;
      // Who went away meanwhile will not be heard to go.
      if (response.destroyed) return;
      open.add(response);
      metrics.streams.set(open.size);
      response.on('close', () => {
        open.delete(response);
        metrics.streams.set(open.size);
      });
      response.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        // Proxies would hold it back.
        'x-accel-buffering': 'no',
      });
      await stream(response, id, after, context).catch((error: unknown) =>
        log(`A stream of events broke: ${error}`),
      );
      response.end();
    },
  );
}

/** The number that an id stands for; 0, which is before all, for what no event has. */
function eventNumber(id: string | undefined): number {
  const number = Number(id);
  return Number.isInteger(number) && number > 0 && number <= LAST_EVENT ? number : 0;
}

/** Sends what is told of a painting after an event, until the painting is over or nobody listens. */
async function stream(
  response: ServerResponse,
  id: string,
  after: number,
  { database: { query }, news }: Context,
): Promise<void> {
  let last = after;
  let spoken = performance.now();
  const say = async (text: string) => {
    spoken = performance.now();
    if (!response.write(text)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  };
  // Pages try again sooner than by themselves.
  await say('retry: 1000\n\n');
  while (isListening(response)) {
    const change = news.next(id, SILENCE);
    // Looked up first: what was told before it was over is among the events.
    const [row] = await query<{ state: Parameters<typeof isOver>[0] }>(
      'select state from velatura.paintings where id = $1',
      [id],
    );
    const events = await eventsAfter(query, id, last, AT_ONCE);
    for (const event of events) {
      if (!isListening(response)) return;
      await say(written(event));
      last = event.id;
    }
    if (events.length === AT_ONCE) continue;
    if (!row || isOver(row.state)) {
      await say('event: end\ndata: {}\n\n');
      return;
    }
    if (performance.now() - spoken > SILENCE) await say(': still here\n\n');
    await change;
  }
}

function isListening(response: ServerResponse): boolean {
  return !response.destroyed && !response.writableEnded;
}

function written({ id, name, data }: StoredEvent): string {
  return `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
