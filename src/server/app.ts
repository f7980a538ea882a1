import { createRequire } from 'node:module';
import cookie from '@fastify/cookie';
import multipart from '@fastify/multipart';
import swagger from '@fastify/swagger';
import fastify, { type FastifyInstance } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import { answerBroken, answerErrors, sendError } from './answers.ts';
import type { Context } from './context.ts';
import { badRequest } from './errors.ts';
import { routeAbout } from './routes/about.ts';
import { routeDocs } from './routes/docs.ts';
import { routeEvents } from './routes/events.ts';
import { routePaintings } from './routes/paintings.ts';
import { routePictures } from './routes/pictures.ts';
import { routeReports } from './routes/reports.ts';
import { routeSession } from './routes/session.ts';
import { routeStudio } from './routes/studio.ts';
import { guard, securityHeaders } from './security.ts';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/** Milliseconds that a client may take to send a request. */
const REQUEST_TIMEOUT = 120_000;
/** Bytes of a body that is no form. */
const BODY_BYTES = 64 * 1024;

/** The server's routes, ready to listen. */
export async function buildApp(context: Context): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
    clientErrorHandler: answerBroken,
    // What has no route is answered before anything else looks at it.
    frameworkErrors: (_error, _request, reply) => {
      reply.headers(securityHeaders);
      sendError(reply, badRequest('This address cannot be read; /docs names those that there are.'));
    },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  answerErrors(app, context.log);
  await app.register(cookie);
  guard(app, context.tokens);
  await app.register(multipart);
  await app.register(swagger, {
    openapi: {
      info: {
        title: 'Velatura',
        description: 'Repaints pictures in the style of others.',
        version,
      },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  app.addHook('onResponse', async (request, reply) => {
    context.metrics.requests.observe(
      {
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        status: String(reply.statusCode),
      },
      reply.elapsedTime / 1000,
    );
  });
  await app.register(async (routes) => {
    routePaintings(routes, context);
    routePictures(routes, context);
    routeReports(routes, context);
    routeEvents(routes, context);
    routeAbout(routes, context);
    routeSession(routes, context);
    routeDocs(routes);
    await routeStudio(routes);
  });
  return app;
}
