import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { UserError } from '../node/index.ts';
import { ApiError } from './errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose request it is, for taking turns. */
    client: string;
  }
  interface FastifyContextConfig {
    /** Whether it answers to whoever asks, token or not. */
    readonly open?: boolean;
  }
}

export const COOKIE = 'velatura_token';

/** Shorter ones can be guessed. */
const SHORTEST_TOKEN = 16;

/** Nothing is loaded from elsewhere, nothing runs that is not a file of the page, and nobody can frame it. */
export const securityHeaders = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/**
 * The tokens in a list with commas.
 * @throws UserError when one could be guessed, or there is none and others than this machine could ask
 */
export function checkTokens(list: string | undefined, host: string): string[] {
  const tokens = (list ?? '')
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '');
  if (tokens.some((token) => token.length < SHORTEST_TOKEN)) {
    throw new UserError(`A token in VELATURA_TOKEN must have at least ${SHORTEST_TOKEN} characters.`);
  }
  if (tokens.length === 0 && !isLoopback(host)) {
    throw new UserError(
      `Others could ask on ${host}: set VELATURA_TOKEN to a secret of at least ${SHORTEST_TOKEN} characters, or leave --host out.`,
    );
  }
  return tokens;
}

/** Whether only this machine can ask there. */
export function isLoopback(host: string): boolean {
  const plain = host.replace(/^\[|\]$/g, '');
  return plain === 'localhost' || plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'));
}

/** What a cookie holds instead of the token. */
export function cookieFor(token: string): string {
  return createHmac('sha256', token).update('velatura session').digest('base64url');
}

/** Checks every request before anything of it is read. */
export function guard(app: FastifyInstance, tokens: readonly string[]): void {
  app.decorateRequest('client', '');
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders);
    checkHost(request, tokens.length > 0);
    checkOrigin(request);
    request.client = clientOf(request, tokens);
  });
}

/**
 * A page elsewhere can have its own name lead to this machine. Then the browser takes the answers for that page's own, but
 * it names the host as it was called. Where there is a token, such a page does not have it.
 */
function checkHost({ headers }: FastifyRequest, withToken: boolean): void {
  const name = hostOf(`http://${headers.host ?? ''}`)?.hostname;
  if (name !== undefined && (withToken || isLoopback(name))) return;
  throw new ApiError(
    403,
    'wrong_host',
    'This server answers only where it is called localhost or 127.0.0.1; use that address.',
  );
}

/** A page elsewhere can send requests, too; browsers say from where. */
function checkOrigin({ headers, method }: FastifyRequest): void {
  const { origin, host = '' } = headers;
  const site = headers['sec-fetch-site'];
  const opened = method === 'GET' && headers['sec-fetch-mode'] === 'navigate';
  const foreignSite = (site === 'cross-site' || site === 'same-site') && !opened;
  const foreignOrigin = origin !== undefined && hostOf(origin)?.host !== hostOf(`http://${host}`)?.host;
  if (!foreignSite && !foreignOrigin) return;
  throw new ApiError(403, 'wrong_origin', 'This server answers no other pages than its own.');
}

function hostOf(address: string): URL | undefined {
  try {
    const url = new URL(address);
    return url.hostname === '' || url.username !== '' ? undefined : url;
  } catch {
    return undefined;
  }
}

/** @throws ApiError when a token is needed, and not there */
function clientOf(request: FastifyRequest, tokens: readonly string[]): string {
  if (tokens.length === 0) return request.ip;
  const { url = '', config } = request.routeOptions;
  const token = tokenOf(request, tokens);
  // The page's own files say nothing of the paintings.
  if (token === undefined && !config.open && url !== '/*' && url !== '/') {
    throw new ApiError(
      401,
      'unauthorized',
      'Send the token as "Authorization: Bearer <token>", or log in with POST /session.',
      { 'www-authenticate': 'Bearer' },
    );
  }
  // Where all have the same token they are told apart by their addresses.
  if (token === undefined || tokens.length === 1) return request.ip;
  return `token ${createHash('sha256').update(token).digest('hex').slice(0, 16)}`;
}

function tokenOf({ headers, cookies }: FastifyRequest, tokens: readonly string[]): string | undefined {
  const [, given] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  const cookie = cookies[COOKIE];
  return tokens.find(
    (token) =>
      (given !== undefined && same(given, token)) || (cookie !== undefined && same(cookie, cookieFor(token))),
  );
}

/** Compares in a time that says nothing. */
export function same(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
