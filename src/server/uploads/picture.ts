import sharp from 'sharp';
import { sizeOfPicture } from '../../node/index.ts';
import { badRequest, tooLarge } from '../errors.ts';
import type { Limits } from '../limits.ts';
import type { Upload } from '../queue/protocol.ts';
import { checkSvg } from './svg.ts';

/**
 * Looks at the head of an uploaded picture, before any of it is decoded: a small file can claim to be a huge picture.
 * @throws ApiError or UserError when it is too large, no picture that can be read, or a drawing that reaches for other files
 */
export async function checkHead({ bytes, name }: Upload, limits: Limits): Promise<void> {
  if (bytes.length === 0) throw badRequest(`${name} is empty; choose it again.`);
  const head = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch(() => undefined);
  // What nobody can make out is refused with the reason.
  if (!head) return void (await sizeOfPicture(bytes, { name }));
  const { width, height, format } = head;
  if (width * height > limits.maxPixels * 1e6) {
    throw tooLarge(
      `${name} has ${width} x ${height} pixels, where ${limits.maxPixels} million are the most here; reduce it first.`,
    );
  }
  if (format === 'svg') checkSvg(bytes, name);
}
