import { USUAL_HISTORY } from '../optimizers/index.ts';
import { fit } from './pyramid.ts';
import { weightsOf } from './settings.ts';
import { BASE, LITTER, styleWay, tiledWays, type Way, wholeWay } from './ways.ts';
import { objectiveAt, optionsOf, type ScalePlan, type Work } from './work.ts';

/**
 * Arrays of the picture's size that are there at the same time, besides those that L-BFGS remembers. Those of a checkpoint are among
 * them: copies, so that painting goes on while it is written.
 */
const ARRAYS = { lbfgs: { whole: 15, tiled: 8 }, adam: { whole: 13, tiled: 10 } } as const;
/** Of each step that L-BFGS remembers; in one piece the engine keeps copies. */
const ARRAYS_OF_STEP = { whole: 4, tiled: 2 } as const;
/** Arrays that are in memory, besides the content, where the others lie in a store: on their way there and back. */
const ARRAYS_OF_STORED = 0.9;
/** The same when the start is enlarged from the scale before, and when the painting is written: then nothing else is there. */
const ARRAYS_BETWEEN = 2.25;
/** Of an array of the picture's size. */
export const BYTES_PER_PIXEL = 12;

/** The part of a budget that is planned for: what is taken varies from run to run. */
const SURE = 0.95;

/** How well an optimiser gets on with what it has, by the time that it needs more. */
const OPTIMIZERS: Readonly<
  Record<'lbfgs' | 'adam', readonly { history: number; slower: number; stored?: 'pictures' | 'all' }[]>
> = {
  lbfgs: [
    { history: USUAL_HISTORY, slower: 1 },
    { history: 6, slower: 1.05 },
    { history: 3, slower: 1.2 },
    // Not more, since it takes room on the disk, and time to be read.
    { history: 6, slower: 1.1, stored: 'pictures' },
    { history: 6, slower: 1.2, stored: 'all' },
  ],
  adam: [
    { history: 0, slower: 1 },
    { history: 0, slower: 1.05, stored: 'pictures' },
    { history: 0, slower: 1.15, stored: 'all' },
  ],
};

/** A way to paint a scale, and what it takes. */
export interface PlannedScale extends ScalePlan {
  /** Foretold. */
  readonly bytes: number;
}

/**
 * The quickest way to paint a scale within so many bytes.
 * @returns the one that takes least where none does with so little
 */
export function planScale(work: Work, level: number, budget: number): PlannedScale {
  const scale = work.settings.scales[level] as number;
  const size = fit(work.content, scale);
  const kept = picturesOf(work);
  const { optimizer } = work.settings;
  const most = longestHistory(work.settings.steps[level] as number);
  const looks = work.styles.map((style) => styleWay(work, style, scale, SURE * budget - kept));
  const styles = looks.map(({ cutting }) => cutting);
  const least = kept + Math.max(...looks.map(({ bytes }) => bytes));
  const found: { plan: PlannedScale; time: number }[] = [];
  const picture = BYTES_PER_PIXEL * size.width * size.height;
  // What is said of each pixel stays in memory, as do the content's colours that are laid over the painting.
  const guiding = work.guide ? 2 * picture : 0;
  const coloring = work.settings.color === 'content' ? 3 : 0;
  const offer = ({ bytes, bytesStored, effort, ...cut }: Way) => {
    for (const { slower, stored, ...choice } of OPTIMIZERS[optimizer]) {
      const kind = cut.cutting ? 'tiled' : 'whole';
      const history = Math.min(choice.history, most);
      const arrays = ARRAYS[optimizer][kind] + ARRAYS_OF_STEP[kind] * history;
      if (stored && !cut.cutting) continue;
      const taken = stored
        ? Math.max(
            (stored === 'all' ? bytesStored : bytes) + ARRAYS_OF_STORED * picture + guiding,
            BASE + LITTER + (ARRAYS_BETWEEN + coloring) * picture,
          )
        : bytes + arrays * picture;
      const takes = Math.max(taken + kept, least);
      const plan = { ...cut, styles, history, ...(stored && { stored }), bytes: takes };
      found.push({ plan, time: effort * slower });
    }
  };
  // Of a large picture even the graph is large: it is not made where there is no room for the arrays beside it.
  if (ARRAYS[optimizer].whole * picture <= Math.max(budget, BASE)) offer(wholeWay(objectiveAt(work, scale)));
  // Nothing is quicker than one piece with the best of optimisers.
  if ((found[0]?.plan.bytes ?? Number.POSITIVE_INFINITY) > SURE * budget)
    tiledWays(optionsOf(work), size, weightsOf(work.settings)).forEach(offer);
  const fitting = found.filter(({ plan }) => plan.bytes <= SURE * budget);
  const best =
    fitting.length > 0
      ? fitting.sort((a, b) => a.time - b.time)
      : found.sort((a, b) => a.plan.bytes - b.plan.bytes);
  return (best[0] as (typeof found)[number]).plan;
}

/** How many steps L-BFGS can have to remember in so many; after the first there is none. */
export function longestHistory(steps: number): number {
  return Math.min(USUAL_HISTORY, Math.max(1, steps - 1));
}

/** The pictures that are there all the time. */
function picturesOf({ content, styles, settings }: Work): number {
  // In grey it is painted, and in its colours finished.
  const contents = settings.color === 'content' ? [content, content] : [content];
  const pixels = [...contents, ...styles].reduce((sum, { width, height }) => sum + width * height, 0);
  return BYTES_PER_PIXEL * pixels;
}
