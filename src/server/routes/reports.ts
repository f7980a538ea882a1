import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Context } from '../context.ts';
import { conflict, notFound } from '../errors.ts';
import { findFile, readBytes } from '../paintings/files.ts';
import { findPainting } from '../paintings/find.ts';
import { stemOf } from '../paintings/painting.ts';
import { attachment, downloadSchema, responses, sendFile } from './files.ts';
import { idSchema } from './paintings.ts';

/**
 * A report has its styles and its script in it. It is a page of nobody's: it cannot ask this server for anything, nor anybody
 * else.
 */
const REPORT_POLICY =
  "sandbox allow-scripts; default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** What the network saw. */
export function routeReports(plain: FastifyInstance, { database: { query } }: Context): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/paintings/:id/report',
    {
      schema: {
        summary: 'The report of an explanation, as one HTML page, when it is done',
        tags: ['reports'],
        params: idSchema,
        querystring: downloadSchema,
        response: responses,
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const row = await findPainting(query, id);
      if (!row.explain) throw notFound('This painting is not an explanation, and has no report.');
      const file = await findFile(query, id, 'report');
      if (!file) throw conflict(`This explanation is ${row.state}; its report is here when it is done.`);
      if (request.query.download === '1') {
        reply.header('content-disposition', attachment(`${stemOf(row)}.html`));
      }
      reply.header('content-security-policy', REPORT_POLICY);
      return await sendFile(request, reply, file.id, 'text/html; charset=utf-8', () =>
        readBytes(query, file.id),
      );
    },
  );
}
