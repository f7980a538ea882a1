import sharp, { type Metadata, type Sharp } from 'sharp';
import { UserError } from '../../core/errors.ts';
import { fit } from '../../core/paint/pyramid.ts';
import type { Picture, Size } from '../../core/picture/picture.ts';
import { resample } from '../../core/picture/resample.ts';
import { checkPixels } from './pixels.ts';
import { isStandardRgb } from './profile.ts';
import { type EncodedPicture, isPicture, type PictureSource, readSource } from './source.ts';
import { fillHidden } from './transparency.ts';

/** The shortest side that a picture may have, in pixels. */
const SMALLEST = 8;
/** As many pixels as fit into the 16383 x 16383 of WebP: sharp's own guard of the memory, lifted for one picture at a time. */
const MOST_PIXELS = 0x3fff * 0x3fff;

/** The kinds of values that can be read; `short` is Lab with 16 bits. */
const DEPTHS: readonly string[] = ['uchar', 'ushort', 'short', 'float'];

export interface ReadOptions {
  /** Longest side in pixels: larger pictures are reduced as they are decoded. None is ever enlarged. */
  readonly longest?: number | undefined;
  /**
   * Whether a picture of more than 268 million pixels is read as well, when there is a `longest` to reduce it to on the way. Off
   * where pictures come from strangers: a small file can hold very many pixels.
   */
  readonly huge?: boolean | undefined;
  /** What to call the picture in messages where it has no path: `The picture` when left out. */
  readonly name?: string | undefined;
  /** Ends the waiting for a source that is still coming. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a picture: JPEG, PNG, WebP, AVIF, TIFF, the first frame of a GIF, or SVG, which is drawn at `longest`.
 * Turned upright by its EXIF orientation and converted to sRGB by its ICC profile; 16 bits are kept. Where it is
 * transparent, it carries `alpha`, and what is invisible takes its colour from what is visible nearby.
 *
 * @throws UserError when the source cannot be read, is no picture, damaged, under 8 pixels high or wide, or has more
 *   than 268 million pixels; the signal's reason
 */
export async function readPicture(
  source: PictureSource,
  { longest, huge = false, name, signal }: ReadOptions = {},
): Promise<Picture> {
  if (isPicture(source)) return reduce(checked(source, name), longest);
  const encoded = await readSource(source, name, signal);
  const metadata = await inspect(encoded, huge && longest !== undefined);
  try {
    return await decode(encoded, metadata, longest);
  } catch (error) {
    throw error instanceof UserError ? error : decodeProblem(error, encoded);
  }
}

/**
 * The size that `readPicture` would give the picture, by its header alone: what follows may still be damaged.
 * @throws UserError as `readPicture`, for what the header says
 */
export async function sizeOfPicture(
  source: PictureSource,
  { longest = Number.POSITIVE_INFINITY, huge = false, name }: ReadOptions = {},
): Promise<Size> {
  if (isPicture(source)) return reduced(checked(source, name), longest);
  const metadata = await inspect(await readSource(source, name), huge && longest < Number.POSITIVE_INFINITY);
  const upright = metadata.autoOrient;
  // A drawing is drawn as large as it is wanted.
  return metadata.format === 'svg' && longest < Number.POSITIVE_INFINITY
    ? fit(upright, longest)
    : reduced(upright, longest);
}

/** What the header says, without decoding anything. */
async function inspect(encoded: EncodedPicture, huge: boolean): Promise<Metadata> {
  const { name, bytes } = encoded;
  const metadata = await sharp(bytes, { limitInputPixels: false, failOn: 'error' })
    .metadata()
    .catch((error: unknown) => {
      throw decodeProblem(error, encoded);
    });
  checkSize(metadata.width, metadata.height, name, huge);
  return metadata;
}

function checkSize(width: number, height: number, name: string, huge = false): void {
  const size = `${width} x ${height} pixels`;
  if (Math.min(width, height) < SMALLEST) {
    throw new UserError(`${name} is too small: ${size}, where each side must have at least ${SMALLEST}.`);
  }
  if (width * height > MOST_PIXELS && !huge) {
    throw new UserError(
      `${name} is too large: ${size}, where ${Math.floor(MOST_PIXELS / 1e6)} million are the most; reduce it first, or name a size to read it at.`,
    );
  }
}

async function decode(
  { name, bytes }: EncodedPicture,
  metadata: Metadata,
  longest: number | undefined,
): Promise<Picture> {
  const standard = metadata.icc !== undefined && isStandardRgb(metadata.icc);
  let image = sharp(bytes, {
    // Half a picture is refused; what libraries merely warn of, such as unknown tags, is not.
    failOn: 'error',
    limitInputPixels: Math.max(MOST_PIXELS, metadata.width * metadata.height),
    // Row by row, so that a huge picture is never there as a whole.
    sequentialRead: true,
    autoOrient: true,
    ignoreIcc: standard,
  });
  if (longest !== undefined) {
    const vector = metadata.format === 'svg';
    image = image.resize({
      width: longest,
      height: longest,
      fit: 'inside',
      withoutEnlargement: !vector,
      // A JPEG's own reduction is coarse: the last halving is done properly.
      fastShrinkOnLoad: metadata.format !== 'jpeg',
    });
  }
  const profiled = metadata.icc !== undefined && !standard;
  if (!DEPTHS.includes(metadata.depth)) {
    throw new UserError(
      `${name} holds values of a rare kind (${metadata.depth}); save it with 8 or 16 bits.`,
    );
  }
  if (metadata.depth === 'float' && (metadata.space === 'b-w' || !profiled)) {
    return await decodeFloat(image, metadata, name);
  }
  return metadata.depth === 'uchar' ? await decode8(image) : await decode16(image, metadata.space, profiled);
}

async function decode8(image: Sharp): Promise<Picture> {
  const { data, info } = await image.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return planar(data, 255, info);
}

async function decode16(image: Sharp, space: string, profiled: boolean): Promise<Picture> {
  // sharp works on 16-bit pictures with a profile in Display P3, and has to be told to come back.
  if (profiled) image = image.toColourspace(space === 'grey16' ? 'grey16' : 'rgb16').withIccProfile('srgb');
  else image = image.toColourspace('rgb16');
  const { data, info } = await image.raw({ depth: 'ushort' }).toBuffer({ resolveWithObject: true });
  return planar(new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2), 65535, info);
}

/** Floating-point numbers are brightness, of which 1 is white; what is brighter still is white, too. */
async function decodeFloat(image: Sharp, { space, hasAlpha, icc }: Metadata, name: string): Promise<Picture> {
  const grey = space === 'b-w';
  if (grey && (hasAlpha || icc)) {
    const more = icc ? 'a colour profile' : 'transparency';
    throw new UserError(`${name} is grey, of floating-point numbers and with ${more}; save it with 16 bits.`);
  }
  // Left to itself, sharp would take grey of 1 for the darkest but black.
  const plain = grey ? image.pipelineColourspace('b-w').toColourspace('b-w') : image.toColourspace('scrgb');
  const { data, info } = await plain.raw({ depth: 'float' }).toBuffer({ resolveWithObject: true });
  const values = new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4);
  if (!values.every(Number.isFinite)) {
    throw new UserError(`${name} holds values that are not finite numbers; save it anew with 16 bits.`);
  }
  const glaring = values.reduce((count, value) => count + (value > 1 ? 1 : 0), 0);
  if (2 * glaring > values.length) {
    throw new UserError(
      `${name} holds floating-point numbers above 1, which is white; save it with 16 bits.`,
    );
  }
  const { channels } = info;
  const colours = channels < 3 ? 1 : 3;
  const encoded = values.map((value, i) => {
    const inside = Math.min(Math.max(value, 0), 1);
    return i % channels < colours ? encodeSrgb(inside) : inside;
  });
  return planar(encoded, 1, info);
}

/** sRGB's curve, from brightness to value. */
function encodeSrgb(light: number): number {
  return light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
}

/** Interleaved grey or RGB, with alpha or without, to planar RGB in [0,1]. */
function planar(
  values: Uint8Array | Uint16Array | Float32Array,
  white: number,
  { width, height, channels }: { width: number; height: number; channels: number },
): Picture {
  const area = width * height;
  const data = new Float32Array(3 * area);
  const colours = channels < 3 ? 1 : 3;
  for (let plane = 0; plane < 3; plane++) {
    const offset = colours === 1 ? 0 : plane;
    for (let i = 0; i < area; i++) data[plane * area + i] = (values[i * channels + offset] as number) / white;
  }
  if (channels === colours) return { width, height, data };
  const alpha = Float32Array.from(
    { length: area },
    (_, i) => (values[i * channels + colours] as number) / white,
  );
  if (alpha.every((value) => value === 1)) return { width, height, data };
  fillHidden(data, alpha, width, height);
  return { width, height, data, alpha };
}

function checked(picture: Picture, name = 'The picture'): Picture {
  checkPixels(picture, name);
  checkSize(picture.width, picture.height, name);
  return picture;
}

function reduce(picture: Picture, longest = Number.POSITIVE_INFINITY): Picture {
  const { width, height } = reduced(picture, longest);
  return width === picture.width && height === picture.height ? picture : resample(picture, width, height);
}

function reduced({ width, height }: Size, longest: number): Size {
  return Math.max(width, height) <= longest ? { width, height } : fit({ width, height }, longest);
}

function decodeProblem(error: unknown, { name, bytes }: EncodedPicture): UserError {
  const { message } = error as Error;
  const start = Buffer.from(bytes.subarray(4, 12)).toString('latin1');
  if (/^ftyp(hei|hev|mif1|msf1)/.test(start)) {
    return new UserError(`${name} is a HEIC picture, which cannot be read; save it as JPEG or PNG.`, {
      cause: error,
    });
  }
  if (message.includes('unsupported image format')) {
    return new UserError(
      `${name} is no picture that can be read; use a JPEG, PNG, WebP, AVIF, TIFF, GIF or SVG file.`,
      { cause: error },
    );
  }
  const [first = ''] = message.split('\n');
  const reason = first.replace(/^Input (buffer|file) has corrupt header: /, '').replace(/^\w+: /, '');
  return new UserError(`${name} is damaged or cut off (${reason.trim()}); get it anew.`, { cause: error });
}
