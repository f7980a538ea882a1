import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { errorSchema } from '../answers.ts';
import type { Context } from '../context.ts';
import { ApiError } from '../errors.ts';
import { COOKIE, cookieFor, same } from '../security.ts';

/** Seconds for which a browser stays logged in. */
const DAYS_30 = 30 * 24 * 60 * 60;

/** Logging in, for pages: what they load cannot carry a header. */
export function routeSession(plain: FastifyInstance, { tokens }: Context): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const options = { path: '/', httpOnly: true, sameSite: 'strict' } as const;

  app.post(
    '/session',
    {
      config: { open: true },
      schema: {
        summary: 'Log in with the token: a cookie says so from then on',
        tags: ['session'],
        body: z.object({ token: z.string().max(1000) }),
        response: { 204: z.null(), '4xx': errorSchema },
      },
    },
    async ({ body, protocol }, reply) => {
      const token = tokens.find((candidate) => same(body.token, candidate));
      if (tokens.length > 0 && token === undefined) {
        throw new ApiError(
          401,
          'unauthorized',
          'This is not the token; look at VELATURA_TOKEN where the server was started.',
        );
      }
      if (token !== undefined) {
        reply.setCookie(COOKIE, cookieFor(token), {
          ...options,
          maxAge: DAYS_30,
          secure: protocol === 'https',
        });
      }
      return reply.code(204).send(null);
    },
  );

  app.delete(
    '/session',
    {
      config: { open: true },
      schema: { summary: 'Log out', tags: ['session'], response: { 204: z.null(), '4xx': errorSchema } },
    },
    async (_request, reply) => {
      reply.clearCookie(COOKIE, options);
      return reply.code(204).send(null);
    },
  );
}
