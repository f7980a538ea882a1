import { architectureNamed } from '../core/networks/index.ts';
import {
  fit,
  guideBy,
  networkOf,
  partsOf,
  resolveSettings,
  type Settings,
  type Size,
} from '../core/paint/index.ts';
import { checkShape } from './feasible.ts';
import { sizeOfContent, sizesOfStyles } from './inputs.ts';
import type { PaintOptions } from './paint.ts';
import type { PictureSource } from './pictures/index.ts';
import { readRegions } from './regions.ts';
import { settingsIn } from './workshop.ts';

/** What can be told of a painting before the network is loaded. */
export interface Foreseen {
  readonly settings: Settings;
  /** The painting's size at each scale; by a pixel another where a JPEG is reduced as it is decoded. */
  readonly sizes: readonly Size[];
}

/**
 * Checks a painting as `preparePainting` does, for whoever accepts paintings that are painted later, or elsewhere. Of the network,
 * which must be one with a name, it needs no weights, and of pictures only the headers, so that it is quick: what follows may be
 * damaged. Regions are read as a whole.
 * @throws UserError for what the caller can put right
 */
export function foresee(content: PictureSource, options: PaintOptions): Promise<Foreseen> {
  return foreseeFor((said) => sizeOfContent(content, said), options);
}

/**
 * The same of a texture of that size, for the settings that `textureSettings` gives.
 * @throws UserError for what the caller can put right
 */
export function foreseeTexture({ width, height }: Size, options: PaintOptions): Promise<Foreseen> {
  return foreseeFor(async () => ({ width, height }), options);
}

async function foreseeFor(
  sizeOfPainted: (said: Partial<Settings>) => Promise<Size>,
  options: PaintOptions,
): Promise<Foreseen> {
  const { style, start: _, contentRegions, styleRegions, ...shared } = options;
  const said = settingsIn(shared);
  const architecture = architectureNamed(networkOf(said));
  const settings = resolveSettings(said, architecture);
  const painted = { content: await sizeOfPainted(said), styles: await sizesOfStyles(style, said) };
  const parts = partsOf(settings, painted.styles.length);
  const work = { settings, network: { architecture, weights: new Map() } };
  checkShape(painted.content, 'content', work);
  for (const picture of painted.styles) checkShape(picture, 'style', work);
  const { regions } = await readRegions({ contentRegions, styleRegions }, painted);
  if (regions) guideBy(regions, parts);
  return { settings, sizes: settings.scales.map((scale) => fit(painted.content, scale)) };
}
