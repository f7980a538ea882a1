import sharp from 'sharp';
import { encoded, type PictureFormat } from './encode.ts';

/** Writes an encoded painting in another format, with the record that it carries: as `encodePicture` would have. */
export async function convertPicture(bytes: Uint8Array, format: PictureFormat): Promise<Uint8Array> {
  const image = sharp(bytes, { limitInputPixels: false }).keepXmp().withIccProfile('srgb');
  return await encoded(format === 'jpeg' ? image.flatten({ background: 'white' }) : image, format).toBuffer();
}

/** A picture as WebP, upright and in sRGB, for a screen. */
export async function thumbnail(bytes: Uint8Array, longest: number): Promise<Uint8Array> {
  return await sharp(bytes, { limitInputPixels: false, autoOrient: true })
    .resize({ width: longest, height: longest, fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .webp({ quality: 85 })
    .toBuffer();
}
