import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tensor } from '../../core/graph/index.ts';
import { projectionOf, styleLosses } from '../../core/losses/index.ts';
import type { Architecture } from '../../core/networks/index.ts';
import { features, pictureFeatures } from '../../core/objective/index.ts';
import { coloring } from '../../core/paint/coloring.ts';
import { fit, paintPicture, type Step, styleSizeOf, tapsOf, type Work } from '../../core/paint/index.ts';
import type { Picture } from '../../core/picture/picture.ts';
import { resample } from '../../core/picture/resample.ts';
import { checkShape, planMemory } from '../feasible.ts';
import { readContent, readStart, readStyles } from '../inputs.ts';
import type { Painting } from '../paint.ts';
import type { PictureSource } from '../pictures/index.ts';
import type { SeriesOptions } from '../series.ts';
import { openWorkshop, settingsIn } from '../workshop.ts';
import {
  type ExplainChoices,
  explainSettings,
  growingSets,
  inOrder,
  numbersOf,
  STYLE_SETS,
  tapsToShow,
} from './choices.ts';
import type { Explanation, LossPoint, Reconstruction, Stage, TapShape } from './explanation.ts';
import { compareGrams } from './grams.ts';
import { reconstructContent, reconstructionScales, reconstructStyle } from './reconstruct.ts';
import { type Eye, type Map4, strongestMaps } from './see.ts';

export interface ExplainOptions extends SeriesOptions, ExplainChoices {
  /** Told what is about to be painted. */
  readonly onBegin?: (painting: Pick<Painting, 'settings' | 'sizes' | 'network' | 'engine'>) => void;
  /** Told of every step of the painting. */
  readonly onStep?: (step: Step) => void;
  /** Told in a few words what comes next, once the painting is painted. */
  readonly onPart?: (words: string) => void;
}

/**
 * Paints, and finds out what the network sees: its feature maps of the content, the Gram matrices of style, content and
 * painting, and pictures reconstructed from noise by content or style alone. The painting is 256 pixels long unless
 * `size` or `scales` say otherwise.
 *
 *     await writeReport('report.html', await explain('photo.jpg', { style: 'painting.jpg' }));
 *
 * @throws as `paint`
 */
export async function explain(source: PictureSource, options: ExplainOptions): Promise<Explanation> {
  const began = performance.now();
  const {
    taps: named,
    maps,
    channels,
    reconstructionSize,
    reconstructionSteps,
    onBegin,
    onStep,
    onPart = () => {},
    ...rest
  } = options;
  const numbers = numbersOf({ maps, channels, reconstructionSize, reconstructionSteps });
  const { style, start, ...others } = rest;
  const shared = {
    ...explainSettings(others),
    moreTaps: (architecture: Architecture) => tapsToShow(architecture, named),
  };
  const said = settingsIn(shared);
  const pictures = {
    content: await readContent(source, said),
    styles: await readStyles(style, said),
    ...(await readStart(start, said)),
  };
  const workshop = await openWorkshop(shared);
  const { engine } = workshop;
  const { signal } = options;
  try {
    const { work } = workshop.prepare(pictures);
    const { network, settings } = work;
    const { architecture } = network;
    const shown = tapsToShow(architecture, named);
    checkReconstructions(work, shown, numbers.reconstructionSize);
    const sizes = settings.scales.map((scale) => fit(work.content, scale));
    onBegin?.({ settings, sizes, network: architecture.title, engine: engine.name });
    const { steps, stages, painting } = await paintInStages(work, engine, onStep, signal);

    // What the network was shown: with `color`, other colours than the pictures'.
    const seen = coloring(settings.color, work);
    const eye: Eye = { network, settings, engine };
    const at = (picture: Picture, longest: number) => {
      const { width, height } = fit(picture, longest);
      return resample(picture, width, height);
    };
    const content = at(seen.content, settings.size);
    const styles = seen.styles.map((style) => at(style, styleSizeOf(style, settings, settings.size)));
    const seenPainting = coloring(settings.color, { ...work, content: painting }).content;

    const part = (words: string) => {
      signal?.throwIfAborted();
      onPart(words);
    };
    part('Feature maps');
    const featureMaps = await strongestMaps(eye, content, shown, numbers.maps);
    part('Gram matrices');
    const styleTaps = inOrder(architecture, Object.keys(settings.styleTaps));
    const compared = { content, styles, painting: seenPainting };
    const grams = await compareGrams(eye, compared, styleTaps, numbers.channels);

    const how = { size: numbers.reconstructionSize, steps: numbers.reconstructionSteps, signal };
    const contentReconstructions: Reconstruction[] = [];
    for (const [i, tap] of shown.entries()) {
      part(`Content from noise by ${tap} (${i + 1} of ${shown.length})`);
      contentReconstructions.push(await reconstructContent(eye, work, tap, how));
    }
    const styleReconstructions: Reconstruction[] = [];
    const sets = growingSets(styleTaps, STYLE_SETS);
    for (const [i, set] of sets.entries()) {
      part(`Style from noise by ${set.join(', ')} (${i + 1} of ${sets.length})`);
      styleReconstructions.push(await reconstructStyle(eye, work, set, how));
    }

    return {
      names: namesOf(source, options.style),
      settings,
      network: architecture.title,
      engine: engine.name,
      content: at(work.content, settings.size),
      styles: work.styles.map((style) => at(style, styleSizeOf(style, settings, settings.size))),
      painting,
      taps: shapesOf(eye, content, inOrder(architecture, [...tapsOf(settings), ...shown])),
      steps,
      stages,
      featureMaps,
      grams,
      contentReconstructions,
      styleReconstructions,
      seconds: (performance.now() - began) / 1000,
    };
  } finally {
    await workshop.close();
  }
}

/** @throws UserError when the reconstructions have no room, in the pictures or in memory */
function checkReconstructions(work: Work, taps: readonly string[], size: number): void {
  const scales = reconstructionScales(size);
  const contentTaps = Object.fromEntries(taps.map((tap) => [tap, 1]));
  const looking = { ...work, settings: { ...work.settings, size, scales, contentTaps } };
  checkShape(work.content, 'content', looking);
  for (const style of work.styles) {
    checkShape(style, 'style', looking);
    // A style is reconstructed in a picture of its own proportions.
    checkShape(style, 'content', { ...work, settings: { ...work.settings, size, scales } });
  }
  planMemory(looking, undefined);
}

/** Paints, and keeps the losses of every step and the pictures at the start, and in and at the end of each scale. */
async function paintInStages(
  work: Work,
  engine: Eye['engine'],
  onStep: ExplainOptions['onStep'],
  signal: AbortSignal | undefined,
): Promise<{ steps: LossPoint[]; stages: Stage[]; painting: Picture }> {
  const steps: LossPoint[] = [];
  const stages: Stage[] = [];
  let last: Step | undefined;
  const keep = ({ scale, step, loss, picture }: Step, start = false) => {
    const latest = stages.at(-1);
    if (latest && latest.scale === scale && latest.step === step) return;
    stages.push({ scale, step, loss, picture, start });
  };
  for await (const found of paintPicture(work, engine, signal)) {
    const { scale, step, loss } = found;
    // A scale may end before its time, which only the first step of the next one tells.
    if (last && last.scale !== scale) keep(last);
    if (!last) keep(found, true);
    else if (step === Math.ceil(found.steps / 4) && step > 1) keep(found);
    steps.push({ scale, step, loss });
    last = found;
    onStep?.(found);
  }
  if (!last) throw new Error('The painting has no steps.');
  keep(last);
  return { steps, stages, painting: last.picture };
}

function shapesOf(
  { network, settings }: Eye,
  { width, height }: Picture,
  taps: readonly string[],
): TapShape[] {
  const outputs = pictureFeatures({ ...settings, network, width, height }, taps);
  return taps.map((tap) => {
    const [, channels, rows, columns] = (outputs[features(tap)] as Tensor).shape as Map4;
    const share = styleLosses[settings.styleLoss].projects ? settings.projection : 1;
    const compared = projectionOf(channels, share)?.kept ?? channels;
    return { tap, channels, width: columns, height: rows, compared };
  });
}

function namesOf(content: PictureSource, style: SeriesOptions['style']): Explanation['names'] {
  const styles = Array.isArray(style) ? (style as PictureSource[]) : [style as PictureSource];
  return { content: nameOf(content, 'content'), styles: styles.map((one) => nameOf(one, 'style')) };
}

function nameOf(source: PictureSource, otherwise: string): string {
  if (source instanceof URL) return basename(fileURLToPath(source));
  return typeof source === 'string' ? basename(source) : otherwise;
}
