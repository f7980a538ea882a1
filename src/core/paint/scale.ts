import { type Engine, type Holder, openTogether } from '../engine.ts';
import { serialize } from '../graph/index.ts';
import type { LargePicture, Picture } from '../picture/picture.ts';
import { release as discard, type Floats, loaded, type Store } from '../store.ts';
import { type Cutting, openTiledObjective, type Stores, tiledPicture } from '../tiles/index.ts';
import { openFilter } from './filter.ts';
import { resampleTo } from './pyramid.ts';
import { weightsOf } from './settings.ts';
import { contentTargets, guideInputs, styleTargets } from './targets.ts';
import { isPreconditioned, type Losses, objectiveAt, optionsOf, type Work } from './work.ts';

/** The objective at one place. */
export interface Evaluation {
  readonly picture: Floats;
  readonly loss: Losses;
  readonly gradient: Floats;
}

/** The objective at one scale. */
export interface Scale extends Holder {
  /** @param change by how much the picture departs from the one that this scale starts from */
  readonly evaluate: (change: Floats) => Promise<Evaluation>;
}

/**
 * Compiles the objective at one scale, and finds the targets that content and styles set there.
 * @param level which of the scales
 * @param start what the scale starts from
 * @param store where arrays of the picture's size lie; in memory where there is none
 * @throws EngineError as `compile` and `run`
 */
export async function openScale(
  work: Work,
  level: number,
  start: LargePicture,
  engine: Engine,
  store?: Store,
): Promise<Scale> {
  const scale = work.settings.scales[level] as number;
  const content = resampleTo(work.content, scale);
  const { cutting, stored } = work.plan?.[level] ?? {};
  if (!cutting) return await openWhole(work, level, content, start, engine);
  const stores = { pictures: store, maps: stored === 'all' ? store : undefined };
  return await openTiled(work, level, cutting, content, start, engine, stores);
}

/** In one piece. */
async function openWhole(
  work: Work,
  level: number,
  content: Picture,
  start: LargePicture,
  engine: Engine,
): Promise<Scale> {
  // The engine looks at the pictures while the graph is built.
  const finding = targetsOf(work, level, content, engine);
  finding.catch(() => {});
  const guiding = guideInputs(work, content);
  const outputs = objectiveAt(work, work.settings.scales[level] as number);
  const model = serialize(outputs);
  const targets = await finding;
  const program = await engine.compile(model);
  let unchanging: Record<string, Float32Array> = { start: loaded(start.data), ...targets, ...guiding };

  async function evaluate(change: Floats): Promise<Evaluation> {
    const names = ['picture', 'content', 'style', 'tv', 'gradient'] as const;
    const found = (await program.run({ change: loaded(change), ...unchanging }, names)) as Record<
      (typeof names)[number],
      Float32Array
    >;
    unchanging = {}; // the program keeps it
    const value = (name: 'content' | 'style' | 'tv') => found[name][0] as number;
    const loss = weighted(work, { content: value('content'), style: value('style'), tv: value('tv') });
    return { picture: found.picture, gradient: found.gradient, loss };
  }
  return { evaluate, release: () => program.release() };
}

/** What content and styles set. */
async function targetsOf(
  work: Work,
  level: number,
  content: Picture,
  engine: Engine,
): Promise<Record<string, Float32Array>> {
  return { ...(await styleTargets(work, level, engine)), ...(await contentTargets(work, content, engine)) };
}

/** In tiles. */
async function openTiled(
  work: Work,
  level: number,
  cutting: Cutting,
  content: Picture,
  start: LargePicture,
  engine: Engine,
  stores: Stores,
): Promise<Scale> {
  // Before anything large is there.
  const targets = await styleTargets(work, level, engine);
  const options = optionsOf(work);
  const { painted, ...shares } = guideInputs(work, content);
  const picture = tiledPicture(options, content, cutting, shares, stores);
  const weights = weightsOf(work.settings);
  return await openTogether(async ({ keep, release }) => {
    const objective = keep(await openTiledObjective(engine, picture, weights, content.data, targets));
    const filter = isPreconditioned(work)
      ? keep(await openFilter(content, engine, stores.pictures))
      : undefined;
    return {
      async evaluate(moved) {
        const change = filter ? await filter.apply(moved) : moved;
        const pixels = { start: start.data, change, painted };
        const { picture, gradient: plain, ...terms } = await objective.evaluate(pixels);
        // The filter is its own adjoint.
        const gradient = filter ? await filter.apply(plain) : plain;
        if (filter) for (const done of [change, plain]) discard(done);
        return { picture, gradient, loss: weighted(work, terms) };
      },
      release,
    };
  });
}

function weighted({ settings }: Work, terms: Omit<Losses, 'total'>): Losses {
  const { contentWeight, styleWeight, tvWeight } = weightsOf(settings);
  const content = contentWeight * terms.content;
  const style = styleWeight * terms.style;
  const tv = tvWeight * terms.tv;
  return { content, style, tv, total: content + style + tv };
}
