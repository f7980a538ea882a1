import { encodePicture, fit, type Picture, resample, type Settings, type Size } from '../../node/index.ts';
import type { Stopped } from '../paintings/painting.ts';
import { regionNames } from '../paintings/regions.ts';
import type { Order, Pictures } from '../queue/protocol.ts';

/** The longest side of a preview, in pixels. */
const PREVIEW_SIZE = 1024;

/** Says when it is time again for a preview; `now` has it be time at once. */
export function pacer(seconds: number): (now: boolean) => boolean {
  let due = 0;
  return (now) => {
    if (!now && performance.now() < due) return false;
    due = performance.now() + 1000 * seconds;
    return true;
  };
}

export async function previewOf(picture: Picture): Promise<Uint8Array> {
  const longest = Math.max(picture.width, picture.height);
  if (longest <= PREVIEW_SIZE) return await encodePicture(picture, 'webp', { quality: 85 });
  const { width, height } = fit(picture, PREVIEW_SIZE);
  return await encodePicture(resample(picture, width, height), 'webp', { quality: 85 });
}

/**
 * A painting as it is kept: at its full size, with the record of how it was painted.
 * @param stopped where it stands, unless it is at its end
 */
export async function picturesOf(
  picture: Picture,
  { width, height }: Size,
  { content, texture, styles, regions }: Order,
  settings: Settings,
  stopped: Stopped | undefined,
): Promise<Pictures> {
  const whole = resample(picture, width, height);
  const record = {
    settings,
    content: content?.name,
    texture: texture && { width: texture.width, height: texture.height },
    style: styles.map(({ name }) => name),
    regions: regions && regionNames(regions),
    stopped,
  };
  return {
    png: await encodePicture(whole, 'png', record),
    tiff: await encodePicture(whole, 'tiff', record),
  };
}
