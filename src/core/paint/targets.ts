import { type Engine, runOnce } from '../engine.ts';
import {
  contentTarget,
  features,
  mapSizes,
  ofRegion,
  pictureFeatures,
  regionShares,
  type View,
} from '../objective/objective.ts';
import type { Picture, Size } from '../picture/picture.ts';
import type { Plane } from '../picture/regions.ts';
import { tiledPicture, tiledStatistics } from '../tiles/index.ts';
import { addScaled } from '../vector.ts';
import { resampleTo } from './pyramid.ts';
import { everywhere, type StyleSource, sharesOf, softPainted, softRegion } from './regions.ts';
import { partsOf } from './settings.ts';
import { statisticsAt, styleSizeOf, styleView, type Work } from './work.ts';

/*
 * What the objective is given of the content, of the styles and of the regions, at one scale.
 */

/** The feature maps of the content. @param content at the size of the scale */
export async function contentTargets(
  { network, settings }: Work,
  content: Picture,
  engine: Engine,
): Promise<Record<string, Float32Array>> {
  const { width, height, data } = content;
  const taps = Object.keys(settings.contentTaps);
  const graph = pictureFeatures({ ...settings, network, width, height }, taps);
  const maps = await runOnce(engine, graph, { picture: data });
  return Object.fromEntries(taps.map((tap) => [contentTarget(tap), maps[features(tap)] as Float32Array]));
}

/** The targets of each region at one scale: the statistics of its sources, each counting for its part. */
export async function styleTargets(
  work: Work,
  level: number,
  engine: Engine,
): Promise<Record<string, Float32Array>> {
  const { regions } = work.guide ?? everywhere(partsOf(work.settings, work.styles.length));
  const targets: Record<string, Float32Array> = {};
  for (const [region, { sources }] of regions.entries()) {
    for (const source of sources) {
      const found = await statisticsOf(source, work, level, engine);
      for (const [name, values] of Object.entries(found)) {
        const target = ofRegion(name, region);
        targets[target] ??= new Float32Array(values.length);
        addScaled(targets[target], targets[target], source.part, values);
      }
    }
  }
  return targets;
}

/** The statistics of one style at one scale: remembered, or found and remembered. */
async function statisticsOf(
  { style: index, plane }: StyleSource,
  work: Work,
  level: number,
  engine: Engine,
): Promise<Record<string, Float32Array>> {
  if (plane) return await findStatistics(work, level, index, plane, engine);
  const style = work.styles[index] as Picture;
  const known = work.memory?.get(style) ?? new Map<string, Record<string, Float32Array>>();
  // All settings but those that a series varies: a setting too many costs a search, one too few a wrong painting.
  const key = JSON.stringify([work.settings.scales[level], { ...work.settings, strength: 0, seed: 0 }]);
  const remembered = known.get(key);
  if (remembered) return remembered;
  const found = await findStatistics(work, level, index, undefined, engine);
  work.memory?.set(style, known.set(key, found));
  return found;
}

async function findStatistics(
  work: Work,
  level: number,
  index: number,
  plane: Plane | undefined,
  engine: Engine,
): Promise<Record<string, Float32Array>> {
  const { settings } = work;
  const scale = settings.scales[level] as number;
  const given = work.styles[index] as Picture;
  const style = resampleTo(given, styleSizeOf(given, settings, scale));
  const view = styleView(work, style, scale);
  const shares = plane ? sharesAt([plane], view, Object.keys(settings.styleTaps)) : {};
  const cutting = work.plan?.[level]?.styles[index];
  if (cutting) {
    const options = { ...settings, ...view, contentTaps: {}, soft: false };
    return await tiledStatistics(engine, tiledPicture(options, style, cutting, shares), {
      start: style.data,
    });
  }
  const graph = statisticsAt(work, style, scale, plane !== undefined);
  return await runOnce(engine, graph, { picture: style.data, ...shares });
}

/** How much each position counts for each of the regions, at the taps. */
function sharesAt(
  planes: readonly Plane[],
  view: View & Size,
  taps: readonly string[],
): Record<string, Float32Array> {
  const soft = planes.map((plane) => softRegion(plane, view));
  const shares: Record<string, Float32Array> = {};
  for (const [tap, size] of mapSizes(view, taps)) {
    for (const [region, plane] of soft.entries()) shares[regionShares(tap, region)] = sharesOf(plane, size);
  }
  return shares;
}

/** What the objective is told of the regions, at one scale. */
export function guideInputs({ guide, settings, network }: Work, size: Size): Record<string, Float32Array> {
  if (!guide) return {};
  const planes = guide.regions.map(({ plane }) => plane);
  const shares = sharesAt(planes, { ...settings, network, ...size }, Object.keys(settings.styleTaps));
  if (!guide.painted) return shares;
  const { data } = softPainted(guide.painted, size);
  const painted = new Float32Array(3 * data.length);
  for (let channel = 0; channel < 3; channel++) painted.set(data, channel * data.length);
  return { ...shares, painted };
}
