import { architectureNamed } from '../core/networks/index.ts';
import { fit, networkOf, resolveSettings, type Settings, type Size } from '../core/paint/index.ts';
import { readContent, readStart, readStyles } from './inputs.ts';
import type { PaintOptions } from './paint.ts';
import type { PictureSource } from './pictures/index.ts';
import { readRegions } from './regions.ts';
import { workOf } from './work.ts';
import { settingsIn } from './workshop.ts';

/** What can be told of a painting before the network is loaded. */
export interface Foreseen {
  readonly settings: Settings;
  /** The painting's size at each scale. */
  readonly sizes: readonly Size[];
}

/**
 * Checks a painting as `preparePainting` does, all but what takes the network's weights and the memory there is: for whoever
 * accepts paintings that are painted later, or elsewhere. The network must be one with a name.
 * @throws UserError for what the caller can put right
 */
export async function foresee(content: PictureSource, options: PaintOptions): Promise<Foreseen> {
  const { style, start, contentRegions, styleRegions, ...shared } = options;
  const said = settingsIn(shared);
  const architecture = architectureNamed(networkOf(said));
  const settings = resolveSettings(said, architecture);
  const painted = { content: await readContent(content, said), styles: await readStyles(style, said) };
  await readStart(start, said);
  const { regions } = await readRegions({ contentRegions, styleRegions }, painted);
  workOf({ ...painted, settings, network: { architecture, weights: new Map() } }, regions);
  return { settings, sizes: settings.scales.map((scale) => fit(painted.content, scale)) };
}
