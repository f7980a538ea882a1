import { UserError } from '../core/errors.ts';
import { MAX_SIZE, MIN_SIZE, type Settings, type Step } from '../core/paint/index.ts';
import { BYTES_PER_PIXEL } from '../core/paint/plan.ts';
import type { Picture, Size } from '../core/picture/picture.ts';
import { checkRoom } from './feasible.ts';
import { type Painting, type PaintOptions, preparePainting } from './paint.ts';
import type { RegionOptions } from './regions.ts';

/** The settings that a texture has a use for. */
export const TEXTURE_SETTINGS = [
  'scales',
  'steps',
  'styleMix',
  'styleScale',
  'styleLoss',
  'styleTaps',
  'tvWeight',
  'projection',
  'network',
  'pooling',
  'optimizer',
  'seed',
] as const satisfies (keyof Settings)[];

/** What a texture is to be: its size in pixels, and whether it can be laid beside itself without a seam. */
export interface TextureShape extends Size {
  readonly tileable?: boolean;
}

/** What decides how a texture comes out: the settings of a painting but for its content. */
export interface TextureOptions
  extends Omit<
      PaintOptions,
      | 'style'
      | 'size'
      | 'contentWeight'
      | 'contentTaps'
      | 'strength'
      | 'edges'
      | 'color'
      | 'margin'
      | keyof RegionOptions
    >,
    TextureShape {}

/**
 * Makes a texture of a picture: what remains of it when only its style counts and where things are does not (Gatys, Ecker &
 * Bethge 2015, *Texture synthesis using convolutional neural networks*). Begins with noise, another one for another seed.
 * Yields every step; the last one's picture is the texture.
 *
 * @throws as `paint`
 */
export async function* texture(style: PaintOptions['style'], options: TextureOptions): AsyncGenerator<Step> {
  const work = await prepareTexture(style, options);
  try {
    yield* work.steps(options.signal);
  } finally {
    await work.close();
  }
}

/** As `preparePainting`, for a texture. */
export async function prepareTexture(
  style: PaintOptions['style'],
  { width, height, tileable = false, ...options }: TextureOptions,
): Promise<Painting> {
  const shape = { width, height, tileable };
  const settings = textureSettings(options, shape);
  checkRoom(BYTES_PER_PIXEL * width * height, `A texture of ${width}x${height} pixels`, options.memory);
  return await preparePainting(canvas(shape), { ...settings, style });
}

/**
 * The settings by which a texture is painted on a canvas.
 * @param given those that a texture has a use for
 * @throws UserError when it is too small or too large
 */
export function textureSettings<Given extends Partial<Settings>>(
  given: Given,
  { width, height, tileable = false }: TextureShape,
) {
  checkSides(width, height);
  return {
    init: 'noise',
    ...given,
    size: Math.max(width, height),
    contentWeight: 0,
    ...(tileable && { edges: 'wrap' as const, margin: TILE_MARGIN }),
  };
}

/** The zeros beyond the margin are seen from far: at 32 pixels the seams of some tiles can be found. */
const TILE_MARGIN = 96;

function checkSides(width: number, height: number): void {
  for (const side of [width, height]) {
    if (Number.isInteger(side) && side >= MIN_SIZE && side <= MAX_SIZE) continue;
    throw new UserError(
      `The sides of a texture must be whole numbers of pixels from ${MIN_SIZE} to ${MAX_SIZE}, not ${width}x${height}.`,
    );
  }
}

/** A picture of that size in an even grey, on which a texture is painted. */
export function canvas({ width, height }: Size): Picture {
  return { width, height, data: new Float32Array(3 * width * height).fill(0.5) };
}
