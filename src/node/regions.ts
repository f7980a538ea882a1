import { UserError } from '../core/errors.ts';
import type { RegionMasks } from '../core/paint/index.ts';
import type { Picture, Size } from '../core/picture/picture.ts';
import type { FlatColor } from '../core/picture/regions.ts';
import { type PictureSource, readPicture } from './pictures/index.ts';

/** What a region of a style can be given as: a picture in flat colours, or one colour for all of the style. */
export type RegionSource = PictureSource | FlatColor;

export interface RegionOptions {
  /** A picture in flat colours, of the content's proportions: its parts are painted in the parts of styles of the same colour. */
  readonly contentRegions?: PictureSource | undefined;
  /**
   * The same for the styles, in their order; or the colour, `#rrggbb`, that all of a style is for. Styles beyond their number
   * are for what no other is for.
   */
  readonly styleRegions?: readonly RegionSource[] | undefined;
}

/** Regions need no more detail than this, in pixels: their edges are soft. */
const LONGEST = 1024;

/**
 * Reads the pictures that say what is painted where, and checks that they fit the pictures that they are for.
 * @throws UserError as `readPicture`, and when they do not fit
 */
export async function readRegions(
  { contentRegions, styleRegions = [] }: RegionOptions,
  { content, styles }: { readonly content: Size; readonly styles: readonly Size[] },
  signal?: AbortSignal,
): Promise<{ readonly regions?: RegionMasks }> {
  if (contentRegions === undefined) {
    if (styleRegions.length === 0) return {};
    throw new UserError('Masks of styles say nothing without one of the content; name both.');
  }
  if (styleRegions.length > styles.length) {
    throw new UserError(
      `There are ${styleRegions.length} masks for ${styles.length} ${styles.length === 1 ? 'style' : 'styles'}; give at most one for each.`,
    );
  }
  const ofContent = await readMask(contentRegions, content, "The content's mask", signal);
  const ofStyles: (Picture | FlatColor | undefined)[] = [];
  for (const [i, style] of styles.entries()) {
    const source = styleRegions[i];
    const flat = typeof source === 'string' && isColor(source);
    const name = `The mask of style ${i + 1}`;
    ofStyles.push(source === undefined || flat ? source : await readMask(source, style, name, signal));
  }
  return { regions: { content: ofContent, styles: ofStyles } };
}

/** Whether the words are a colour, `#rrggbb`, and no file. */
export function isColor(text: string): boolean {
  return /^#[0-9a-f]{6}$/i.test(text);
}

async function readMask(
  source: PictureSource,
  of: Size,
  name: string,
  signal?: AbortSignal,
): Promise<Picture> {
  const mask = await readPicture(source, { longest: LONGEST, name, signal });
  const [found, wanted] = [mask.width / mask.height, of.width / of.height];
  if (Math.abs(Math.log(found / wanted)) < MOST_STRETCH) return mask;
  throw new UserError(
    `${name} must have the proportions of its picture, ${of.width}x${of.height}, not ${mask.width}x${mask.height}.`,
  );
}

/** As much as rounding makes of a small picture's proportions. */
const MOST_STRETCH = 0.04;
