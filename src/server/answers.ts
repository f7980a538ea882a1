import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import * as z from 'zod';
import { UserError } from '../node/index.ts';
import { ApiError, badRequest, notFound, tooLarge } from './errors.ts';

export const errorSchema = z
  .object({ error: z.object({ code: z.string(), message: z.string() }) })
  .meta({ id: 'Error', description: 'One sentence that says what to do' });

/** Every refusal is one sentence in JSON; what should not have happened is told to the log alone. */
export function answerErrors(app: FastifyInstance, log: (line: string) => void): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const known = asApiError(error);
    if (known) return sendError(reply, known);
    log(`${request.method} ${request.url} failed: ${error.stack ?? error}`);
    return sendError(
      reply,
      new ApiError(500, 'internal', 'Something went wrong that should not; the log of the server says more.'),
    );
  });
  app.setNotFoundHandler((request, reply) =>
    sendError(reply, notFound(`There is nothing at ${request.method} ${request.url.split('?')[0]}.`)),
  );
}

/** Answers with a refusal. */
export function sendError(reply: FastifyReply, { status, code, message, headers }: ApiError): FastifyReply {
  return reply
    .code(status)
    .headers(headers)
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send({ error: { code, message } });
}

/** What the client can put right. */
function asApiError(error: FastifyError): ApiError | undefined {
  if (error instanceof ApiError) return error;
  if (error instanceof UserError) return badRequest(error.message);
  const [issue] = error.validation ?? [];
  if (issue) {
    const place = issue.instancePath.replaceAll('/', ' ').trim();
    return badRequest(`${[error.validationContext, place].join(' ')}: ${issue.message}.`);
  }
  const { statusCode = 500, code = '' } = error;
  if (isUnreachable(error)) {
    return new ApiError(503, 'unavailable', 'The database cannot be reached at the moment; try again.', {
      'retry-after': '5',
    });
  }
  if (/^FST_(PARTS|FILES|FIELDS)_LIMIT$/.test(code))
    return tooLarge('The form has too many parts; send fewer.');
  if (statusCode >= 400 && statusCode < 500) {
    const words = (STATUS_CODES[statusCode] ?? 'bad request').toLowerCase();
    return new ApiError(statusCode, words.replaceAll(' ', '_'), sentence(error.message));
  }
  return undefined;
}

/** The database's server is away: the system, the server or the client of it says so. */
function isUnreachable({ code = '', message }: FastifyError): boolean {
  return (
    /^(ECONN(REFUSED|RESET)|ENOTFOUND|EPIPE|57P0\d|08\d{3})$/.test(code) ||
    /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout)/.test(message)
  );
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.');
}
