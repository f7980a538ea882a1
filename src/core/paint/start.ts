import { UserError } from '../errors.ts';
import type { LargePicture, Picture, Size } from '../picture/picture.ts';
import { resample } from '../picture/resample.ts';
import { type Floats, kept, type Store, type Stored } from '../store.ts';
import { cover, noise } from './pyramid.ts';
import { paintedOver, softPainted } from './regions.ts';
import type { Work } from './work.ts';

/**
 * What a scale starts from, and the content's transparency at that scale.
 * @param before the painting of the scale before, or what this scale started from when it was begun earlier, if there is either
 * @param store where it is to lie; in memory where there is none
 */
export function startAt(
  work: Work,
  size: Size,
  before: Picture | Floats | undefined,
  store?: Store,
): { readonly start: LargePicture; readonly alpha: Float32Array | undefined } {
  const content = resample(work.content, size.width, size.height);
  const data = before && !isPicture(before) ? before : startFrom(work, content, before).data;
  return { start: { ...size, data: kept(data, store) }, alpha: content.alpha };
}

/** The painting of the scale before, but for what is to be left as it was. */
function startFrom(work: Work, content: Picture, painting: Picture | undefined): Picture {
  const first = painting ? resample(painting, content.width, content.height) : startingPicture(work, content);
  const painted = work.guide?.painted;
  return painted ? paintedOver(first, content, softPainted(painted, content)) : first;
}

function startingPicture({ content, styles, start, settings }: Work, size: Size): Picture {
  if (start) return cover(start, size);
  if (settings.init === 'content') return resample(content, size.width, size.height);
  if (settings.init === 'style') return cover(styles[0] as Picture, size);
  if (settings.init === 'noise') return noise(size, settings.seed);
  throw new UserError(`The picture "${settings.init}" to start from was not given.`);
}

function isPicture(given: Picture | Float32Array | Stored): given is Picture {
  return 'width' in given;
}
