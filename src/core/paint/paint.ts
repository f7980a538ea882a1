import type { Engine } from '../engine.ts';
import { UserError } from '../errors.ts';
import { adam, lbfgs, type Optimizer, type OptimizerState } from '../optimizers/index.ts';
import type { Picture, Size } from '../picture/picture.ts';
import { resample } from '../picture/resample.ts';
import { coloring } from './coloring.ts';
import { cover, fit, noise } from './pyramid.ts';
import { paintedOver, softPainted } from './regions.ts';
import { type Evaluation, openScale } from './scale.ts';
import { type Settings, weightsOf } from './settings.ts';
import { checkState, type PaintingState } from './state.ts';
import type { Losses, Work } from './work.ts';

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
    const reduced = resample(content, size.width, size.height);
    const { alpha } = reduced;
    const steps = settings.steps[level] as number;
    const shown = (best: Float32Array) => finish(clamped(best, size, alpha));
    if (resumed && !resumed.optimizer) {
      painting = clamped(resumed.picture, size);
      if (level === settings.scales.length - 1) yield doneStep(resumed, scale, steps, shown);
      continue;
    }
    const start = resumed
      ? { ...size, data: resumed.start }
      : startAt(work, reduced, painting && resample(painting, size.width, size.height));
    const optimizer = optimizerAt(work, level, engine);
    const { evaluate, release } = await openScale(work, level, start, engine);
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

function optimizerAt({ settings, plan }: Work, level: number, engine: Engine): Optimizer {
  const { optimizer = settings.optimizer, history } = plan?.[level] ?? {};
  return optimizer === 'adam' ? adam() : lbfgs(engine, history === undefined ? {} : { history });
}

/** What a scale starts from: the painting of the scale before, but for what is to be left as it was. */
function startAt(work: Work, content: Picture, painting: Picture | undefined): Picture {
  const first = painting ?? startingPicture(work, content);
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

function clamped(values: Float32Array, size: Size, alpha?: Float32Array): Picture {
  const data = values.map((value) => Math.min(Math.max(value, 0), 1));
  return alpha ? { ...size, data, alpha } : { ...size, data };
}
