import * as Plot from '@observablehq/plot';
import sharp from 'sharp';
import { fit } from '../../../core/paint/index.ts';
import type { Picture } from '../../../core/picture/picture.ts';
import { resample } from '../../../core/picture/resample.ts';
import { encodePicture } from '../../pictures/index.ts';
import { html, type Markup } from './html.ts';

/** A screen shows no more of a picture in a column, and a page has many. */
const LONGEST_SHOWN = 1024;

/** The colours of maps, from nothing to the most: dark to light, also for who sees no red or in grey. */
export const SCHEME = 'magma';

/** A picture that is in the page itself. */
export async function pictureElement(picture: Picture, alt: string, className = ''): Promise<Markup> {
  const shown = Math.max(picture.width, picture.height) > LONGEST_SHOWN ? reduced(picture) : picture;
  const bytes = await encodePicture(shown, 'webp', { quality: 90 });
  return imageElement(bytes, 'webp', shown, alt, className);
}

/**
 * A map of numbers from 0 to `most` as colours, one pixel each.
 * @param curve `sqrt` brings out what is faint
 */
export async function mapElement(
  values: Float32Array,
  size: { width: number; height: number },
  { most, curve, alt }: { most: number; curve: 'linear' | 'sqrt'; alt: string },
): Promise<Markup> {
  const colors = ramp(curve);
  const pixels = new Uint8Array(3 * values.length);
  values.forEach((value, i) => {
    const place = most > 0 ? Math.round(Math.min(Math.max(value / most, 0), 1) * (colors.length - 1)) : 0;
    pixels.set(colors[place] as readonly number[], 3 * i);
  });
  const bytes = await sharp(pixels, { raw: { ...size, channels: 3 } })
    .png({ compressionLevel: 9 })
    .toBuffer();
  return imageElement(bytes, 'png', size, alt, 'map');
}

/** The colours of maps as a strip to read them by. */
export function rampElement(curve: 'linear' | 'sqrt', alt: string): Promise<Markup> {
  const width = ramp(curve).length;
  const values = Float32Array.from({ length: width }, (_, i) => i);
  return mapElement(values, { width, height: 1 }, { most: width - 1, curve, alt });
}

/** So many colours that neighbours look alike, also where the curve is steep. */
const COLORS = 1024;
const ramps = new Map<string, readonly (readonly number[])[]>();

function ramp(curve: 'linear' | 'sqrt'): readonly (readonly number[])[] {
  const known = ramps.get(curve);
  if (known) return known;
  const scale = Plot.scale({ color: { type: curve, domain: [0, 1], scheme: SCHEME } });
  const colors = Array.from({ length: COLORS }, (_, i) => channelsOf(scale?.apply(i / (COLORS - 1))));
  ramps.set(curve, colors);
  return colors;
}

/** `#1a2b3c` or `rgb(26, 43, 60)` as numbers. */
function channelsOf(color: string): number[] {
  const hex = /^#(..)(..)(..)$/.exec(color);
  if (hex) return hex.slice(1).map((pair) => Number.parseInt(pair, 16));
  return (color.match(/[\d.]+/g) ?? []).slice(0, 3).map((value) => Math.round(Number(value)));
}

function reduced(picture: Picture): Picture {
  const { width, height } = fit(picture, LONGEST_SHOWN);
  return resample(picture, width, height);
}

function imageElement(
  bytes: Uint8Array,
  type: string,
  { width, height }: { width: number; height: number },
  alt: string,
  className: string,
): Markup {
  const data = `data:image/${type};base64,${Buffer.from(bytes).toString('base64')}`;
  return html`<img class="${className}" src="${data}" width="${width}" height="${height}" alt="${alt}">`;
}
