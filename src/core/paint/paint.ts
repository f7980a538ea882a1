import type { Engine } from '../engine.ts';
import { UserError } from '../errors.ts';
import { adam, lbfgs, type Optimizer, type OptimizerState } from '../optimizers/index.ts';
import { inMemory, type LargePicture, type Picture, type Size } from '../picture/picture.ts';
import { clampInPlace, resample } from '../picture/resample.ts';
import { release as discard, type Floats, mapped, type Store, zeros } from '../store.ts';
import { coloring } from './coloring.ts';
import { fit } from './pyramid.ts';
import { type Evaluation, openScale } from './scale.ts';
import { type Settings, weightsOf } from './settings.ts';
import { startAt } from './start.ts';
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
  /** The same; where it lies in a store it stays there, and is read part by part. */
  readonly largePicture: LargePicture;
  /**
   * The painting's whole state after this step, from which `paintPicture` can go on. To be asked for before the next step
   * is; costs nothing otherwise. What it gives stays as it is.
   * @throws EngineError when the engine fails; UserError when a store is full
   */
  checkpoint(): Promise<PaintingState>;
}

/**
 * Paints: moves the pixels of a picture downhill on the objective, from coarse to fine. Yields after every step; the
 * last step's picture is the painting, at the size asked for. Leaving the loop stops the work.
 *
 * @param from goes on after that step of the same work: with the same engine the pixels are those of a painting that was
 *   never stopped, bit for bit. Of a painting that was done already, its last step is yielded again.
 * @param store where arrays of the picture's size lie at scales for which the work's plan says so
 * @throws EngineError when the engine fails; UserError when `from` is of another work; `signal.reason` when the signal
 *   aborts
 */
export async function* paintPicture(
  given: Work,
  engine: Engine,
  signal?: AbortSignal,
  from?: PaintingState,
  store?: Store,
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
    const steps = settings.steps[level] as number;
    if (resumed && !resumed.optimizer) {
      const { seconds, step, loss, picture } = resumed;
      painting = inMemory(clamped(picture, size));
      if (level < settings.scales.length - 1) continue;
      const { alpha } = resample(content, size.width, size.height);
      const facts = { scale, step, steps, last: true, loss, seconds, checkpoint: async () => resumed };
      yield stepOf(facts, () => clamped(picture, size, alpha), finish);
      continue;
    }
    const large = storeFor(work, level, store);
    const { start, alpha } = startAt(work, size, resumed?.start ?? painting, large);
    painting = undefined;
    const optimizer = optimizerAt(work, level, engine, large);
    const { evaluate, release } = await openScale(work, level, start, engine, large);
    let state: OptimizerState | undefined;
    try {
      state = resumed?.optimizer
        ? await optimizer.restore(resumed.optimizer)
        : await optimizer.init(zeros(start.data.length, large));
      let best: Pick<Evaluation, 'picture' | 'loss'> | undefined = resumed;
      for (let step = (resumed?.step ?? 0) + 1; step <= steps && !state.converged; step++) {
        signal?.throwIfAborted();
        const found = await evaluate(state.point);
        if (!best && !Number.isFinite(found.loss.total)) {
          throw new UserError('The loss is too large to be a number; use smaller weights.');
        }
        if (!best || found.loss.total < best.loss.total) best = found;
        else discard(found.picture);
        await optimizer.update(state, found.loss.total, found.gradient);
        const seconds = (performance.now() - began) / 1000;
        const { picture, loss } = best;
        const last = step === steps || state.converged;
        const present = state;
        let over = false;
        const checkpoint = async () => {
          if (over) throw new Error('A checkpoint of a step can only be taken before the next step.');
          const saved = last ? undefined : await optimizer.save(present);
          return { level, step, seconds, start: start.data, picture, loss, optimizer: saved };
        };
        const facts = { scale, step, steps, last, loss, seconds, checkpoint };
        yield stepOf(facts, () => clamped(picture, size, alpha), finish);
        over = true;
      }
      // Nothing follows the largest scale.
      if (level < settings.scales.length - 1) painting = best && inMemory(clamped(best.picture, size));
    } finally {
      try {
        if (state) await optimizer.release(state);
      } finally {
        await release();
      }
    }
  }
}

/** @param shown the painting as it stands, before it is finished */
function stepOf(
  facts: Omit<Step, 'picture' | 'largePicture'>,
  shown: () => LargePicture,
  finish: ((painting: Picture) => Picture) | undefined,
): Step {
  return {
    ...facts,
    get picture() {
      const picture = inMemory(shown());
      return finish ? finish(picture) : picture;
    },
    get largePicture() {
      return finish ? this.picture : shown();
    },
  };
}

/** Where the content alone counts and is the start, there is nowhere to go: the scales on the way would only blur it. */
function isThere(settings: Settings): boolean {
  return settings.init === 'content' && weightsOf(settings).styleWeight === 0;
}

function optimizerAt({ settings, plan }: Work, level: number, engine: Engine, store?: Store): Optimizer {
  if (settings.optimizer === 'adam') return adam({}, store);
  const { cutting, history } = plan?.[level] ?? {};
  // What does not fit into memory in one piece has no room for copies in the engine.
  const keeper = cutting ? undefined : engine;
  return lbfgs(keeper, history === undefined ? {} : { history }, store);
}

/** Where the large arrays of a scale lie; nothing where they are in memory. */
function storeFor({ plan }: Work, level: number, store: Store | undefined): Store | undefined {
  if (!plan?.[level]?.stored) return undefined;
  if (!store) throw new Error('The plan of the painting wants a store for large arrays, and was given none.');
  return store;
}

function clamped(values: Floats, size: Size, alpha?: Float32Array): LargePicture {
  const data = mapped(values, clampInPlace);
  return alpha ? { ...size, data, alpha } : { ...size, data };
}
