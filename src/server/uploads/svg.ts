import { badRequest } from '../errors.ts';

/** What has no place in a drawing from a stranger: what names other files, what runs, and what hides either. */
const forbidden: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/<!DOCTYPE|<!ENTITY/i, 'a document type'],
  [/<\?xml-stylesheet/i, 'a style sheet of its own'],
  [/<(?:[\w-]+:)?(?:script|foreignObject|iframe|handler|listener)\b/i, 'something that runs'],
  [/@import/i, 'references to other files'],
  // An escaped letter could spell any of the others.
  [/\\/, 'escaped letters'],
];

/** Attributes that name something, and `url(...)`: only what is in the same file. */
const references = /(?:\b(?:href|src)\s*=\s*(["'])\s*|url\(\s*(["']?)\s*)([^"')]*)/gi;

/** @throws ApiError when a drawing could reach for anything but itself */
export function checkSvg(bytes: Uint8Array, name: string): void {
  const text = decode(bytes);
  if (text === undefined) throw badRequest(`${name} is an SVG that is not written in UTF-8; save it anew.`);
  const found = forbidden.find(([pattern]) => pattern.test(text))?.[1];
  const outside = [...text.matchAll(references)].some(([, , , target = '']) => !target.startsWith('#'));
  if (!found && !outside) return;
  throw badRequest(
    `${name} is an SVG with ${found ?? 'references to other files'}, which are not taken here; save it as PNG.`,
  );
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const [, encoding = 'utf-8'] = /^\s*<\?xml[^>]*encoding\s*=\s*["']([^"']*)/i.exec(text) ?? [];
    return /^(utf-?8|us-ascii)$/i.test(encoding) ? text : undefined;
  } catch {
    return undefined;
  }
}
