import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tensor } from '../../core/graph/index.ts';
import { projectionOf, styleLosses } from '../../core/losses/index.ts';
import type { Architecture } from '../../core/networks/index.ts';
import { features, pictureFeatures } from '../../core/objective/index.ts';
import { coloring } from '../../core/paint/coloring.ts';
import { resampleTo, type Step, styleSizeOf, tapsOf } from '../../core/paint/index.ts';
import type { Picture } from '../../core/picture/picture.ts';
import { readContent, readStart, readStyles } from '../inputs.ts';
import type { Painting } from '../paint.ts';
import type { PictureSource } from '../pictures/index.ts';
import type { SeriesOptions } from '../series.ts';
import { openWorkshop, type PreparedPainting, settingsIn } from '../workshop.ts';
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
import { contentFromNoise, reconstruct, styleFromNoise } from './reconstruct.ts';
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
  const { signal } = options;
  const said = settingsIn(shared);
  const pictures = {
    content: await readContent(source, said, signal),
    styles: await readStyles(style, said, signal),
    ...(await readStart(start, said, signal)),
  };
  const workshop = await openWorkshop(shared);
  const { engine } = workshop;
  try {
    const prepared = workshop.prepare(pictures);
    const { work, settings, sizes } = prepared;
    const { network } = work;
    const { architecture } = network;
    const shown = tapsToShow(architecture, named);
    const styleTaps = inOrder(architecture, Object.keys(settings.styleTaps));
    const how = { size: numbers.reconstructionSize, steps: numbers.reconstructionSteps };
    const contentsSought = shown.map((tap) => contentFromNoise(workshop, work, tap, how));
    const sets = growingSets(styleTaps, STYLE_SETS);
    const stylesSought = sets.map((set) => styleFromNoise(workshop, work, set, how));
    onBegin?.({ settings, sizes, network: architecture.title, engine: engine.name });
    const { steps, stages, painting } = await paintInStages(prepared, onStep);

    // What the network was shown: with `color`, other colours than the pictures'.
    const seen = coloring(settings.color, work);
    const eye: Eye = { network, settings, engine };
    const styleAt = (style: Picture) => resampleTo(style, styleSizeOf(style, settings, settings.size));
    const content = resampleTo(seen.content, settings.size);
    const styles = seen.styles.map(styleAt);
    const seenPainting = coloring(settings.color, { ...work, content: painting }).content;

    const part = (words: string) => {
      signal?.throwIfAborted();
      onPart(words);
    };
    part('Feature maps');
    const featureMaps = await strongestMaps(eye, content, shown, numbers.maps);
    part('Gram matrices');
    const compared = { content, styles, painting: seenPainting };
    const grams = await compareGrams(eye, compared, styleTaps, numbers.channels);

    const contentReconstructions: Reconstruction[] = [];
    for (const [i, sought] of contentsSought.entries()) {
      part(`Content from noise by ${sought.taps} (${i + 1} of ${contentsSought.length})`);
      contentReconstructions.push(await reconstruct(sought));
    }
    const styleReconstructions: Reconstruction[] = [];
    for (const [i, sought] of stylesSought.entries()) {
      part(`Style from noise by ${sought.taps.join(', ')} (${i + 1} of ${stylesSought.length})`);
      styleReconstructions.push(await reconstruct(sought));
    }

    return {
      names: namesOf(source, options.style),
      settings,
      network: architecture.title,
      engine: engine.name,
      content: resampleTo(work.content, settings.size),
      styles: work.styles.map(styleAt),
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

/** Paints, and keeps the losses of every step and the pictures at the start, and in and at the end of each scale. */
async function paintInStages(
  prepared: PreparedPainting,
  onStep: ExplainOptions['onStep'],
): Promise<{ steps: LossPoint[]; stages: Stage[]; painting: Picture }> {
  const steps: LossPoint[] = [];
  const stages: Stage[] = [];
  for await (const found of prepared.steps()) {
    const { scale, step, loss } = found;
    const start = steps.length === 0;
    const within = step === Math.ceil(found.steps / 4) && step > 1;
    if (start || within || found.last) stages.push({ scale, step, loss, picture: found.picture, start });
    steps.push({ scale, step, loss });
    onStep?.(found);
  }
  const painting = stages.at(-1)?.picture;
  if (!painting) throw new Error('The painting has no steps.');
  return { steps, stages, painting };
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
