import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import * as z from 'zod';
import { UserError } from '../node/index.ts';
import { ApiError, badRequest, notFound, tooLarge } from './errors.ts';
import { securityHeaders } from './security.ts';

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
export function sendError(reply: FastifyReply, error: ApiError): FastifyReply {
  return reply
    .code(error.status)
    .headers(error.headers)
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(bodyOf(error));
}

/** Answers what is no whole request, of which nothing else hears, and hangs up. */
export function answerBroken({ code }: { readonly code?: string }, socket: Socket): void {
  if (code === 'ECONNRESET' || socket.destroyed) return;
  const refusal = brokenRequest(code);
  const body = JSON.stringify(bodyOf(refusal));
  const headers = {
    ...securityHeaders,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  if (socket.writable) {
    socket.write(
      `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}\r\n${lines.join('')}\r\n${body}`,
    );
  }
  socket.destroySoon();
}

function brokenRequest(code: string | undefined): ApiError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new ApiError(408, 'request_timeout', 'The request took too long to come; send it again.');
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new ApiError(
      431,
      'too_large',
      'The headers of the request are too large; send fewer, or shorter ones.',
    );
  }
  return badRequest('This cannot be read as a request of HTTP/1.1; /docs says what can be asked.');
}

function bodyOf({ code, message }: ApiError) {
  return { error: { code, message } };
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
