import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { errorSchema } from '../answers.ts';
import { notFound } from '../errors.ts';

const STUDIO = fileURLToPath(new URL('../../studio', import.meta.url));
const EXAMPLES = fileURLToPath(new URL('../../../examples/pictures', import.meta.url));

/** The examples to repaint; the others are styles. */
const CONTENTS: readonly string[] = ['portrait.jpg', 'townscape.jpg'];

/** The page, and the pictures that one can begin with. */
export async function routeStudio(app: FastifyInstance): Promise<void> {
  routeExamples(app);
  if (existsSync(join(STUDIO, 'index.html'))) {
    await app.register(fastifyStatic, { root: STUDIO, index: 'index.html', decorateReply: false });
  } else {
    app.get('/', { config: { open: true }, schema: { hide: true } }, async (_request, reply) =>
      reply
        .type('text/plain; charset=utf-8')
        .serializer(String)
        .send('The page of the studio is not built here; what the server can do is told at /docs.\n'),
    );
  }
}

function routeExamples(plain: FastifyInstance): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const names = existsSync(EXAMPLES) ? readdirSync(EXAMPLES).filter((name) => extname(name) === '.jpg') : [];
  const list = (wanted: readonly string[]) => wanted.map((name) => ({ name, url: `/examples/${name}` }));
  const examples = z.array(z.object({ name: z.string(), url: z.string() }));

  app.get(
    '/examples',
    {
      schema: {
        summary: "The project's own example pictures",
        tags: ['about'],
        response: { 200: z.object({ contents: examples, styles: examples }) },
      },
    },
    async () => ({
      contents: list(names.filter((name) => CONTENTS.includes(name))),
      styles: list(names.filter((name) => !CONTENTS.includes(name))),
    }),
  );
  app.get(
    '/examples/:name',
    {
      schema: {
        summary: 'An example picture',
        tags: ['about'],
        params: z.object({ name: z.string().max(100) }),
        response: { 200: z.any(), '4xx': errorSchema },
      },
    },
    async ({ params: { name } }, reply) => {
      if (!names.includes(name)) throw notFound(`There is no example "${name}"; /examples names all.`);
      return reply
        .type('image/jpeg')
        .header('cache-control', 'private, max-age=86400')
        .send(await readFile(join(EXAMPLES, name)));
    },
  );
}
