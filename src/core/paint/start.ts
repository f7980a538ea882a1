import { UserError } from '../errors.ts';
import type { LargePicture, Picture, Size } from '../picture/picture.ts';
import { clampInPlace, resample, resamplePlanes } from '../picture/resample.ts';
import { type Floats, kept, type Store } from '../store.ts';
import { addScaled } from '../vector.ts';
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
  const first = painting ? enlarged(work, painting, content) : startingPicture(work, content);
  const painted = work.guide?.painted;
  return painted ? paintedOver(first, content, softPainted(painted, content)) : first;
}

/**
 * The painting of a scale at the size of the next. An enlarged picture lacks the detail that the next scale has room for. Where the
 * painting began as a picture that has it, what is enlarged is the change to that picture, and its own detail is there from the
 * first step on.
 *
 * @param content at the size of the next scale
 */
function enlarged(work: Work, painting: Picture, content: Picture): Picture {
  const { width, height } = content;
  if (!work.start && work.settings.init !== 'content') return resample(painting, width, height);
  const before = startingPicture(work, resample(work.content, painting.width, painting.height));
  const change = new Float32Array(painting.data.length);
  addScaled(change, painting.data, -1, before.data);
  const data = resamplePlanes(change, painting.width, painting.height, width, height);
  addScaled(data, data, 1, startingPicture(work, content).data);
  return { width, height, data: clampInPlace(data) };
}

/** What a painting begins as. @param content at the size that it is to have */
function startingPicture({ styles, start, settings }: Work, content: Picture): Picture {
  if (start) return cover(start, content);
  if (settings.init === 'content') return content;
  if (settings.init === 'style') return cover(styles[0] as Picture, content);
  if (settings.init === 'noise') return noise(content, settings.seed);
  throw new UserError(`The picture "${settings.init}" to start from was not given.`);
}

function isPicture(given: Picture | Floats): given is Picture {
  return 'width' in given;
}
