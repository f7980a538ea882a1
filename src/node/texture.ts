import { UserError } from '../core/errors.ts';
import { MAX_SIZE, MIN_SIZE, type Step } from '../core/paint/index.ts';
import type { Picture } from '../core/picture/picture.ts';
import { type Painting, type PaintOptions, preparePainting } from './paint.ts';
import type { RegionOptions } from './regions.ts';

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
  > {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** Whether the texture can be laid beside itself without a seam. */
  readonly tileable?: boolean;
}

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
  checkSides(width, height);
  return await preparePainting(canvas(width, height), {
    init: 'noise',
    ...options,
    style,
    size: Math.max(width, height),
    contentWeight: 0,
    ...(tileable && { edges: 'wrap' as const, margin: TILE_MARGIN }),
  });
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

/** A picture of that size in an even grey. */
function canvas(width: number, height: number): Picture {
  return { width, height, data: new Float32Array(3 * width * height).fill(0.5) };
}
