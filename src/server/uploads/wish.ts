import type { FastifyRequest } from 'fastify';
import { foresee, foreseeTexture, type Size } from '../../node/index.ts';
import type { Context } from '../context.ts';
import { badRequest } from '../errors.ts';
import { hashOf, type Wish } from '../paintings/create.ts';
import { explained, paintedOn } from '../paintings/origin.ts';
import type { Explain, Texture } from '../paintings/painting.ts';
import { picturesIn } from '../paintings/uploads.ts';
import type { Regions, Upload } from '../queue/protocol.ts';
import { arrivalsWithin } from './arrivals.ts';
import { type Form, largestForm, readForm } from './form.ts';
import { checkHead } from './picture.ts';
import { chooseExplain, chooseHistory, chooseSettings, chooseTexture, parseSettings } from './settings.ts';

/** Bytes of the forms that are held in memory at once. */
const FORM_BYTES = 2 ** 29;
const arriving = arrivalsWithin(FORM_BYTES);

/**
 * Reads and checks what a form asks for.
 * @throws ApiError saying what is wrong with it
 */
export async function readWish(
  request: FastifyRequest,
  key: string | undefined,
  { database, limits, inspector }: Context,
): Promise<Wish> {
  // What does not say how large it is, or is too large anyway, is looked at when it has come.
  const claimed = Number(request.headers['content-length']);
  database.checkRoom(claimed < largestForm(limits) ? claimed : 0);
  return await arriving(async (arrival) => {
    const form = await readForm(request, limits, arrival);
    const { from } = form;
    const texture = form.texture === undefined ? undefined : chosenTexture(form.texture, form);
    const explain = form.explain === undefined ? undefined : chosenExplain(form.explain, form);
    const sources = explain ? explained : paintedOn;
    const origin = from === undefined ? undefined : await sources(database.query, from);
    const content = form.content ?? origin?.content;
    const styles = form.styles.length > 0 ? form.styles : (origin?.styles ?? []);
    if (!content && !texture) throw badRequest('Send the picture to repaint as the part content.');
    if (styles.length === 0) {
      throw badRequest('Send at least one picture in whose style to paint as a part style.');
    }
    const settings = { ...origin?.settings, ...parseSettings(form.settings) };
    const chosen = chooseSettings(settings, styles.length, limits, { texture, explain });
    const history = form.history === undefined ? undefined : chooseHistory(form.history, chosen.resolved);
    // Masks fit the pictures that they were made for.
    const regions = chosenRegions(form, styles.length) ?? (form.content ? undefined : origin?.regions);
    const sent = filesOf(form);
    for (const picture of sent) await checkHead(picture, limits);
    const uploads = { content, styles, regions };
    // Masks take longer: the inspector looks at them.
    const options = { ...chosen.resolved, ...picturesIn({ styles, regions: undefined }) };
    const { sizes } = await (content
      ? foresee(content.bytes, options)
      : foreseeTexture(texture as Size, options));
    await inspector.inspect({ sent, uploads, settings: chosen.resolved }, limits.maxLook);
    const names = [form.content?.name, form.contentRegions?.name, form.start?.name];
    const said = [form.settings, from, form.texture, history, form.styles.length, names, form.explain];
    const masks = form.styleRegions.map((mask) => (typeof mask === 'string' ? mask : ''));
    return {
      client: request.client,
      ...uploads,
      texture,
      explain,
      history,
      origin: from,
      start: form.start ?? origin?.start,
      startName: form.start?.name ?? origin?.startName,
      ...chosen,
      sizes,
      again: key === undefined ? undefined : { key, hash: hashOf(JSON.stringify([said, masks]), sent) },
    };
  });
}

/** @throws ApiError when it makes no sense, or comes with what belongs to a content */
function chosenTexture(texture: string, form: Form): Texture {
  const { content, from, start, contentRegions, history } = form;
  if (content || start || contentRegions || from !== undefined || history !== undefined) {
    throw badRequest(
      'A texture is made of styles alone; send it without content, from, start, masks and history.',
    );
  }
  return chooseTexture(texture);
}

/** @throws ApiError when it makes no sense, or comes with what an explanation does not have */
function chosenExplain(explain: string, form: Form): Explain {
  const { texture, contentRegions, styleRegions, history } = form;
  if (texture !== undefined || contentRegions || styleRegions.length > 0 || history !== undefined) {
    throw badRequest('An explanation is of a whole picture; send it without texture, masks and history.');
  }
  return chooseExplain(explain);
}

/** @throws ApiError when masks of styles are without one of the content, or too many, or no masks */
function chosenRegions({ contentRegions, styleRegions }: Form, styles: number): Regions | undefined {
  if (!contentRegions) {
    if (styleRegions.length === 0) return undefined;
    throw badRequest('Masks of styles say nothing without one of the content; send both.');
  }
  if (styleRegions.length > styles) throw badRequest(`Send at most one part styleRegions for each style.`);
  for (const mask of styleRegions) {
    if (typeof mask === 'string' && !/^#[0-9a-f]{6}$/i.test(mask)) {
      throw badRequest('A part styleRegions must be a picture, or a colour as #ff0000.');
    }
  }
  return { content: contentRegions, styles: styleRegions };
}

function filesOf({ content, styles, contentRegions, styleRegions, start }: Form): Upload[] {
  const all = [content, ...styles, contentRegions, ...styleRegions, start];
  return all.filter((part) => typeof part === 'object');
}
