import type { FastifyRequest } from 'fastify';
import type { Context } from '../context.ts';
import { badRequest } from '../errors.ts';
import { hashOf, picturesOf, type Wish } from '../paintings/create.ts';
import { atMost } from './at-most.ts';
import { readForm } from './form.ts';
import { checkPicture } from './picture.ts';
import { chooseSettings } from './settings.ts';

/** So many forms are held in memory at once; others wait before theirs are read. */
const FORMS_AT_ONCE = 4;
const inTurn = atMost(FORMS_AT_ONCE);

/**
 * Reads and checks what a form asks for.
 * @throws ApiError saying what is wrong with it
 */
export async function readWish(
  request: FastifyRequest,
  key: string | undefined,
  { database, limits }: Context,
): Promise<Wish> {
  return await inTurn(async () => {
    const form = await readForm(request, limits);
    const sent = [...(form.content ? [form.content] : []), ...form.styles];
    const origin = form.from === undefined ? undefined : await picturesOf(database.query, form.from);
    const content = form.content ?? origin?.content;
    const styles = form.styles.length > 0 ? form.styles : (origin?.styles ?? []);
    if (!content) throw badRequest('Send the picture to repaint as the part content.');
    if (styles.length === 0)
      throw badRequest('Send at least one picture in whose style to paint as a part style.');
    if (styles.length > limits.maxStyles) throw badRequest(`Send at most ${limits.maxStyles} styles.`);
    const chosen = chooseSettings(form.settings, styles.length, limits);
    for (const picture of sent) await checkPicture(picture, limits);
    return {
      client: request.client,
      content,
      styles,
      origin: origin && form.from !== undefined ? { id: form.from, start: origin.start } : undefined,
      ...chosen,
      key,
      hash: hashOf(JSON.stringify([form.settings ?? '', form.from ?? '', form.content !== undefined]), sent),
    };
  });
}
