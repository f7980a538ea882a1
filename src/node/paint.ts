import type { Step } from '../core/paint/index.ts';
import type { Picture } from '../core/picture/picture.ts';
import { readContent, readStart, readStyles } from './inputs.ts';
import type { PictureSource } from './pictures/index.ts';
import { type RegionOptions, readRegions } from './regions.ts';
import { openWorkshop, type PreparedPainting, settingsIn, type WorkshopOptions } from './workshop.ts';

export interface PaintOptions extends WorkshopOptions, RegionOptions {
  /** The picture whose hand to paint in, or several, of which `styleMix` says how much each counts. */
  readonly style: PictureSource | readonly PictureSource[];
  /** The picture to start from, instead of one of those that `init` names. */
  readonly start?: PictureSource;
}

/** A painting about to be painted: everything is loaded and checked. */
export interface Painting extends PreparedPainting {
  /** Frees the engine. */
  close(): Promise<void>;
}

/**
 * Repaints a picture in the style of another, and returns the painting.
 *
 *     await writePicture('result.png', await repaint('photo.jpg', { style: 'painting.jpg' }));
 *
 * @throws as `paint`
 */
export async function repaint(content: PictureSource, options: PaintOptions): Promise<Picture> {
  let last: Step | undefined;
  for await (last of paint(content, options));
  return (last as Step).picture;
}

/**
 * Repaints a picture in the style of another, and yields every step on the way. The last step's picture is the painting.
 *
 * @throws UserError for what the caller can put right, EngineError when the engine fails, and the signal's reason
 */
export async function* paint(content: PictureSource, options: PaintOptions): AsyncGenerator<Step> {
  const painting = await preparePainting(content, options);
  try {
    yield* painting.steps(options.signal);
  } finally {
    await painting.close();
  }
}

/**
 * Loads the pictures and the network, settles the settings, and checks that the machine has the memory.
 * @throws as `paint`
 */
export async function preparePainting(content: PictureSource, options: PaintOptions): Promise<Painting> {
  const { style, start, contentRegions, styleRegions, ...shared } = options;
  const { signal } = shared;
  const said = settingsIn(shared);
  const painted = {
    content: await readContent(content, said, signal),
    styles: await readStyles(style, said, signal),
  };
  const pictures = {
    ...painted,
    ...(await readStart(start, said, signal)),
    ...(await readRegions({ contentRegions, styleRegions }, painted, signal)),
  };
  const workshop = await openWorkshop(shared);
  try {
    return { ...workshop.prepare(pictures), close: workshop.close };
  } catch (error) {
    await workshop.close();
    throw error;
  }
}
