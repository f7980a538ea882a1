import { type Engine, runOnce } from '../engine.ts';
import { UserError } from '../errors.ts';
import { elements, type Outputs, serialize, type Tensor } from '../graph/index.ts';
import { adam, lbfgs, type Optimizer, type OptimizerState } from '../optimizers/index.ts';
import type { Picture } from '../picture/picture.ts';
import { resample } from '../picture/resample.ts';
import { addScaled } from '../vector.ts';
import { coloring } from './coloring.ts';
import { contentTarget, features, type Network, objective, styleStatistics } from './objective.ts';
import { cover, fit, noise, resampleTo, type Size } from './pyramid.ts';
import { partsOf, type Settings, weightsOf } from './settings.ts';
import { checkState, type PaintingState } from './state.ts';

/** What is painted, and how. */
export interface Work {
  readonly content: Picture;
  /** In whose styles: one or more. */
  readonly styles: readonly Picture[];
  /** What to start from, whatever `settings.init` says; needed where that is none of `content`, `style` and `noise`. */
  readonly start?: Picture;
  readonly network: Network;
  readonly settings: Settings;
  /** What works with the same network and the same pictures of styles have found out before, and find out for each other. */
  readonly memory?: StyleMemory;
}

/**
 * The statistics of style pictures by the settings that they depend on. A style is known by its object, and forgotten
 * with it.
 */
export type StyleMemory = WeakMap<Picture, Map<string, Record<string, Float32Array>>>;

/** The losses of a painting, each times its weight, and their sum. */
export interface Losses {
  readonly content: number;
  readonly style: number;
  readonly tv: number;
  readonly total: number;
}

/** What is known after one evaluation of the objective. */
export interface Step {
  /** Longest side of the painting at this level of the pyramid, in pixels. */
  readonly scale: number;
  /** Steps done at this scale, from 1. */
  readonly step: number;
  /** Steps planned at this scale; fewer are done where nothing better can be found. */
  readonly steps: number;
  /** Whether no other step follows at this scale. */
  readonly last: boolean;
  /** The losses of `picture`. */
  readonly loss: Losses;
  /** Since the painting began. */
  readonly seconds: number;
  /**
   * The painting as it stands, at the size of this scale: copied at the moment that it is asked for. Where the content
   * is transparent, so is the painting.
   */
  readonly picture: Picture;
  /**
   * The painting's whole state after this step, from which `paintPicture` can go on. To be asked for before the next step
   * is; costs nothing otherwise. What it gives stays as it is.
   * @throws EngineError when the engine fails
   */
  checkpoint(): Promise<PaintingState>;
}

/**
 * Paints: moves the pixels of a picture downhill on the objective, from coarse to fine. Yields after every step; the
 * last step's picture is the painting, at the size asked for. Leaving the loop stops the work.
 *
 * @param from goes on after that step of the same work: with the same engine the pixels are those of a painting that was
 *   never stopped, bit for bit. Of a painting that was done already, its last step is yielded again.
 * @throws EngineError when the engine fails; UserError when `from` is of another work; `signal.reason` when the signal
 *   aborts
 */
export async function* paintPicture(
  given: Work,
  engine: Engine,
  signal?: AbortSignal,
  from?: PaintingState,
): AsyncGenerator<Step> {
  const { finish, ...pictures } = coloring(given.settings.color, given);
  const work = { ...given, ...pictures };
  const { settings, content } = work;
  const optimizer: Optimizer = settings.optimizer === 'adam' ? adam() : lbfgs(engine);
  const began = performance.now() - 1000 * (from?.seconds ?? 0);
  if (from) {
    const sizes = settings.scales.map((scale) => fit(content, scale));
    checkState(from, settings, sizes);
  }
  let painting: Picture | undefined;

  for (const [level, scale] of settings.scales.entries()) {
    const resumed = from?.level === level ? from : undefined;
    if (from && level < from.level) continue;
    if (!work.start && isThere(settings) && scale !== settings.scales.at(-1)) continue;
    signal?.throwIfAborted();
    const size = fit(content, scale);
    const { alpha } = resample(content, size.width, size.height);
    const steps = settings.steps[level] as number;
    const shown = (best: Float32Array) => finish(clamped(best, size, alpha));
    if (resumed && !resumed.optimizer) {
      painting = clamped(resumed.picture, size);
      if (level === settings.scales.length - 1) yield doneStep(resumed, scale, steps, shown);
      continue;
    }
    const start = resumed
      ? { ...size, data: resumed.start }
      : painting
        ? resample(painting, size.width, size.height)
        : startingPicture(work, size);
    const { evaluate, release } = await prepareScale(work, start, scale, engine);
    let state: OptimizerState | undefined;
    try {
      state = resumed?.optimizer
        ? await optimizer.restore(resumed.optimizer)
        : await optimizer.init(new Float32Array(start.data.length));
      let best: Pick<Evaluation, 'picture' | 'loss'> | undefined = resumed;
      for (let step = (resumed?.step ?? 0) + 1; step <= steps && !state.converged; step++) {
        signal?.throwIfAborted();
        const found = await evaluate(state.point);
        if (!best && !Number.isFinite(found.loss.total)) {
          throw new UserError('The loss is too large to be a number; use smaller weights.');
        }
        if (!best || found.loss.total < best.loss.total) best = found;
        await optimizer.update(state, found.loss.total, found.gradient);
        const seconds = (performance.now() - began) / 1000;
        const { picture, loss } = best;
        const last = step === steps || state.converged;
        const present = state;
        let over = false;
        yield {
          scale,
          step,
          steps,
          last,
          loss,
          seconds,
          get picture() {
            return shown(picture);
          },
          async checkpoint() {
            if (over) throw new Error('A checkpoint of a step can only be taken before the next step.');
            const saved = last ? undefined : await optimizer.save(present);
            return { level, step, seconds, start: start.data, picture, loss, optimizer: saved };
          },
        };
        over = true;
      }
      painting = best && clamped(best.picture, size);
    } finally {
      if (state) await optimizer.release(state);
      await release();
    }
  }
}

/** The last step of a painting that was done when its state was taken. */
function doneStep(
  state: PaintingState,
  scale: number,
  steps: number,
  shown: (best: Float32Array) => Picture,
): Step {
  const { step, loss, seconds, picture } = state;
  return {
    scale,
    step,
    steps,
    last: true,
    loss,
    seconds,
    get picture() {
      return shown(picture);
    },
    checkpoint: async () => state,
  };
}

/** Where the content alone counts and is the start, there is nowhere to go: the scales on the way would only blur it. */
function isThere(settings: Settings): boolean {
  return settings.init === 'content' && weightsOf(settings).styleWeight === 0;
}

interface Evaluation {
  readonly picture: Float32Array;
  readonly loss: Losses;
  readonly gradient: Float32Array;
}

interface Scale {
  /** @param change by how much the picture departs from the one that this scale starts from */
  readonly evaluate: (change: Float32Array) => Promise<Evaluation>;
  readonly release: () => Promise<void>;
}

/** The graph of the work's objective at one scale. */
export function objectiveAt({ settings, network, content }: Work, scale: number): Outputs {
  return objective({ ...settings, ...weightsOf(settings), network, ...fit(content, scale) });
}

/** The graph of a style's statistics at one scale. */
export function statisticsAt({ settings, network }: Work, style: Size, scale: number): Outputs {
  const size = fit(style, styleSize(settings, scale));
  // A style picture is no tile, whatever the painting is.
  const view = { ...settings, edges: 'mirror' as const, network, ...size };
  return styleStatistics(view, Object.keys(settings.styleTaps));
}

/** The longest side of the style pictures at one scale of the painting. */
export function styleSize({ styleScale }: Settings, scale: number): number {
  return Math.max(1, Math.round(scale * styleScale));
}

/** The statistics of all styles at one scale, each counting for its part. */
async function mixedStatistics(
  work: Work,
  scale: number,
  engine: Engine,
): Promise<Record<string, Float32Array>> {
  const parts = partsOf(work.settings, work.styles.length);
  const mixed: Record<string, Float32Array> = {};
  for (const [i, style] of work.styles.entries()) {
    const found = await statisticsOf(style, work, scale, engine);
    for (const [name, values] of Object.entries(found)) {
      mixed[name] ??= new Float32Array(values.length);
      addScaled(mixed[name], mixed[name], parts[i] as number, values);
    }
  }
  return mixed;
}

/** The statistics of one style at one scale: remembered, or found and remembered. */
async function statisticsOf(
  style: Picture,
  work: Work,
  scale: number,
  engine: Engine,
): Promise<Record<string, Float32Array>> {
  const known = work.memory?.get(style) ?? new Map<string, Record<string, Float32Array>>();
  // All settings but those that a series varies: a setting too many costs a search, one too few a wrong painting.
  const key = JSON.stringify([scale, { ...work.settings, strength: 0, seed: 0 }]);
  const remembered = known.get(key);
  if (remembered) return remembered;
  const { data } = resampleTo(style, styleSize(work.settings, scale));
  const found = await runOnce(engine, statisticsAt(work, style, scale), { picture: data });
  work.memory?.set(style, known.set(key, found));
  return found;
}

/** Compiles the objective at one scale, and finds the targets that the two pictures set at this scale. */
async function prepareScale(work: Work, start: Picture, scale: number, engine: Engine): Promise<Scale> {
  const { settings } = work;
  const content = resampleTo(work.content, scale);
  const styleTargets = await mixedStatistics(work, scale, engine);
  const outputs = objectiveAt(work, scale);
  const program = await engine.compile(serialize(outputs));

  // The content's own feature maps come from the same program, which wants targets of some kind for that run.
  const taps = Object.keys(settings.contentTaps);
  const blank = Object.fromEntries(
    taps.map((tap) => [contentTarget(tap), emptyLike(outputs[features(tap)] as Tensor)]),
  );
  const none = new Float32Array(content.data.length);
  const maps = await program
    .run({ start: content.data, change: none, ...styleTargets, ...blank }, taps.map(features))
    .catch(async (error: unknown) => {
      await program.release();
      throw error;
    });
  const targets = taps.map((tap) => [contentTarget(tap), maps[features(tap)] as Float32Array]);
  let unchanging: Record<string, Float32Array> = { start: start.data, ...Object.fromEntries(targets) };

  async function evaluate(change: Float32Array): Promise<Evaluation> {
    const found = await program.run({ change, ...unchanging }, [
      'picture',
      'content',
      'style',
      'tv',
      'gradient',
    ]);
    unchanging = {}; // the program keeps it
    const { picture, gradient } = found as { picture: Float32Array; gradient: Float32Array };
    return { picture, gradient, loss: weighted(found, settings) };
  }
  return { evaluate, release: () => program.release() };
}

function weighted(found: Readonly<Record<string, Float32Array>>, settings: Settings): Losses {
  const weights = weightsOf(settings);
  const term = (name: string, weight: number) => (found[name] as Float32Array)[0]! * weight;
  const content = term('content', weights.contentWeight);
  const style = term('style', weights.styleWeight);
  const tv = term('tv', weights.tvWeight);
  return { content, style, tv, total: content + style + tv };
}

function startingPicture({ content, styles, start, settings }: Work, size: Size): Picture {
  if (start) return cover(start, size);
  if (settings.init === 'content') return resample(content, size.width, size.height);
  if (settings.init === 'style') return cover(styles[0] as Picture, size);
  if (settings.init === 'noise') return noise(size, settings.seed);
  throw new UserError(`The picture "${settings.init}" to start from was not given.`);
}

function emptyLike(tensor: Tensor): Float32Array {
  return new Float32Array(elements(tensor.shape));
}

function clamped(values: Float32Array, size: Size, alpha?: Float32Array): Picture {
  const data = values.map((value) => Math.min(Math.max(value, 0), 1));
  return alpha ? { ...size, data, alpha } : { ...size, data };
}
