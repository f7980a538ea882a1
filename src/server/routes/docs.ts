import type { FastifyInstance } from 'fastify';
import { docsPage, docsStyle } from '../docs.ts';

/** What the server can do, for programs and for people. */
export function routeDocs(app: FastifyInstance): void {
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json; charset=utf-8').serializer(JSON.stringify).send(app.swagger()),
  );
  app.get('/docs', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/html; charset=utf-8').serializer(String).send(docsPage(app.swagger())),
  );
  app.get('/docs/style.css', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/css; charset=utf-8').serializer(String).send(docsStyle),
  );
}
