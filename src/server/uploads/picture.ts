import sharp from 'sharp';
import { readPicture, UserError } from '../../node/index.ts';
import { badRequest, tooLarge } from '../errors.ts';
import type { Limits } from '../limits.ts';
import type { Upload } from '../queue/protocol.ts';
import { checkSvg } from './svg.ts';

/** Longest side, in pixels, to which an upload is decoded when it is looked at. */
const LOOK = 64;

/**
 * Looks at an uploaded picture: at its head first, since a small file can claim to be a huge picture, and then, reduced,
 * at the whole.
 * @throws ApiError when it is too large, or no picture that can be read
 */
export async function checkPicture({ bytes, name }: Upload, limits: Limits): Promise<void> {
  if (bytes.length === 0) throw badRequest(`${name} is empty; choose it again.`);
  const head = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch(() => undefined);
  // What nobody can make out is refused below, with the reason.
  if (head) {
    const { width, height, format } = head;
    if (width * height > limits.maxPixels * 1e6) {
      throw tooLarge(
        `${name} has ${width} x ${height} pixels, where ${limits.maxPixels} million are the most here; reduce it first.`,
      );
    }
    if (format === 'svg') checkSvg(bytes, name);
  }
  try {
    await readPicture(bytes, { longest: LOOK, name });
  } catch (error) {
    throw error instanceof UserError ? badRequest(error.message) : error;
  }
}
