import { extname } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { listed, UserError } from '../../core/errors.ts';
import type { Picture } from '../../core/picture/picture.ts';
import { checkPixels } from './pixels.ts';
import { type PaintingRecord, recordXmp } from './record.ts';

export type PictureFormat = 'png' | 'jpeg' | 'webp' | 'avif' | 'tiff';

export interface EncodeOptions extends PaintingRecord {
  /** From 1 to 100; for JPEG, WebP and AVIF, which lose something. 95, 95 and 85 by default. */
  readonly quality?: number | undefined;
}

const extensions: Readonly<Record<string, PictureFormat>> = {
  '.png': 'png',
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.webp': 'webp',
  '.avif': 'avif',
  '.tif': 'tiff',
  '.tiff': 'tiff',
};

/** The longest side that a format can hold, in pixels, where that is less than what can be painted. */
const longestSide: Partial<Record<PictureFormat, number>> = { jpeg: 65500, webp: 16383, avif: 16384 };

/**
 * The format that a file's name asks for.
 * @throws UserError naming the extensions there are
 */
export function formatOf(path: string): PictureFormat {
  const extension = extname(path).toLowerCase();
  const format = extensions[extension];
  if (format) return format;
  const found = extension === '' ? 'has no extension' : `cannot end in ${extension}`;
  throw new UserError(`${path} ${found}; what can be written are ${listed(Object.keys(extensions))}.`);
}

/** @throws UserError when the format cannot hold a picture of that size */
export function checkFits({ width, height }: Pick<Picture, 'width' | 'height'>, format: PictureFormat): void {
  const limit = longestSide[format];
  if (limit === undefined || Math.max(width, height) <= limit) return;
  throw new UserError(`${format} holds at most ${limit} pixels a side; write ${width} x ${height} as png.`);
}

/**
 * Encodes a picture as sRGB: PNG, WebP and AVIF with 8 bits and TIFF with 16, all with alpha if there is any; JPEG
 * without colour subsampling, over white where the picture is transparent. What else is given travels in the file,
 * where `readRecord` finds it.
 * @throws UserError when the format cannot hold a picture of that size, or its values are not as many or no colours
 */
export async function encodePicture(
  picture: Picture,
  format: PictureFormat,
  { quality, ...record }: EncodeOptions = {},
): Promise<Uint8Array> {
  if (quality !== undefined && !(Number.isInteger(quality) && quality >= 1 && quality <= 100)) {
    throw new UserError(`The quality must be a whole number from 1 to 100, not ${quality}.`);
  }
  checkPixels(picture, 'The picture');
  checkFits(picture, format);
  const image = format === 'tiff' ? deep(picture) : shallow(format === 'jpeg' ? overWhite(picture) : picture);
  const xmp = recordXmp(record);
  const tagged = xmp === undefined ? image : image.withXmp(xmp);
  return encoded(tagged.withIccProfile('srgb'), format, quality).toBuffer();
}

/** Chooses how much the formats that lose something keep. */
export function encoded(image: Sharp, format: PictureFormat, quality?: number): Sharp {
  switch (format) {
    case 'png':
      return image.png();
    case 'jpeg':
      return image.jpeg({ quality: quality ?? 95, chromaSubsampling: '4:4:4' });
    case 'webp':
      return image.webp({ quality: quality ?? 95, smartSubsample: true });
    case 'avif':
      return image.avif({ quality: quality ?? 85, chromaSubsampling: '4:4:4' });
    case 'tiff':
      return image.tiff({ compression: 'deflate', predictor: 'horizontal' });
  }
}

function shallow(picture: Picture): Sharp {
  const { width, height, alpha } = picture;
  const values = new Uint8Array(width * height * (alpha ? 4 : 3));
  return sharp(interleave(picture, values, 255), {
    raw: { width, height, channels: alpha ? 4 : 3 },
    ...OURS,
  });
}

/** What is in memory already needs no guard of the memory. */
const OURS = { limitInputPixels: false } as const;

/** With 16 bits. */
function deep(picture: Picture): Sharp {
  const { width, height, alpha } = picture;
  const values = new Uint16Array(width * height * (alpha ? 4 : 3));
  return (
    sharp(interleave(picture, values, 65535), { raw: { width, height, channels: alpha ? 4 : 3 }, ...OURS })
      // Otherwise sharp takes 16-bit values for Display P3, and converts what is sRGB already.
      .pipelineColourspace('scrgb')
      .toColourspace('rgb16')
  );
}

/** Planar values in [0,1] to whole numbers from 0 to `white`, pixel by pixel. */
function interleave<T extends Uint8Array | Uint16Array>(
  { width, height, data, alpha }: Picture,
  result: T,
  white: number,
): T {
  const area = width * height;
  const channels = alpha ? 4 : 3;
  for (let channel = 0; channel < channels; channel++) {
    const plane = channel < 3 ? data.subarray(channel * area, (channel + 1) * area) : (alpha as Float32Array);
    for (let i = 0; i < area; i++) {
      result[i * channels + channel] = Math.round(Math.min(Math.max(plane[i] as number, 0), 1) * white);
    }
  }
  return result;
}

function overWhite({ width, height, data, alpha }: Picture): Picture {
  if (!alpha) return { width, height, data };
  const area = width * height;
  const result = data.map((value, i) => {
    const opacity = alpha[i % area] as number;
    return value * opacity + 1 - opacity;
  });
  return { width, height, data: result };
}
