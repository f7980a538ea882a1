import { fit } from './pyramid.ts';
import { weightsOf } from './settings.ts';
import { BASE, LITTER, OF_STORE, styleWay, tiledWays, type Way, wholeWay } from './ways.ts';
import { objectiveAt, optionsOf, type ScalePlan, type Work } from './work.ts';

/** Arrays of the picture's size that are there at the same time, besides those that L-BFGS remembers. */
const ARRAYS = { lbfgs: 11, adam: 9 } as const;
/** Those of a checkpoint: copies, so that painting goes on while it is written. */
const SAVED = { lbfgs: 2, adam: 4 } as const;
/**
 * The same where they lie in a store: when the start is enlarged from the scale before, and when the painting is written, nothing
 * else is in memory.
 */
const ARRAYS_OF_STORED = 2.25;
/** Those of the preconditioner, which sees the whole picture also where the network sees it in tiles. */
const FILTERED = 4;
const BYTES_PER_PIXEL = 12;

/** The part of a budget that is planned for: what is taken varies from run to run. */
const SURE = 0.95;

/** How well an optimiser gets on with what it has, by the steps that it needs more. */
const OPTIMIZERS = [
  { optimizer: 'lbfgs', history: 10, slower: 1 },
  { optimizer: 'lbfgs', history: 6, slower: 1.05 },
  { optimizer: 'lbfgs', history: 3, slower: 1.2 },
  { optimizer: 'adam', history: 0, slower: 2 },
  { optimizer: 'adam', history: 0, slower: 2.1, stored: true },
] as const;

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
  const choices = OPTIMIZERS.filter(
    ({ optimizer }) => work.settings.optimizer === 'lbfgs' || optimizer === 'adam',
  );
  const looks = work.styles.map((style) => styleWay(work, style, scale, SURE * budget - kept));
  const styles = looks.map(({ cutting }) => cutting);
  const least = kept + Math.max(...looks.map(({ bytes }) => bytes));
  const found: { plan: PlannedScale; time: number }[] = [];
  const picture = BYTES_PER_PIXEL * size.width * size.height;
  // What is said of each pixel stays in memory, as do the content's colours that are laid over the painting.
  const guiding = work.guide ? 2 * picture : 0;
  const coloring = work.settings.color === 'content' ? 3 : 0;
  const offer = ({ bytes, bytesStored, effort, ...cut }: Way) => {
    for (const { slower, ...choice } of choices) {
      const { optimizer, history } = choice;
      const remembered = optimizer === 'lbfgs' ? 4 * history + 1 + (cut.cutting ? FILTERED : 0) : 0;
      const arrays = ARRAYS[optimizer] + SAVED[optimizer] + remembered;
      const stored = 'stored' in choice;
      if (stored && bytesStored === undefined) continue;
      const most = stored
        ? Math.max(
            (bytesStored ?? 0) + guiding,
            BASE + LITTER + OF_STORE + (ARRAYS_OF_STORED + coloring) * picture,
          )
        : bytes + arrays * picture;
      const plan = { ...cut, styles, ...choice, bytes: Math.max(most + kept, least) };
      found.push({ plan, time: effort * slower });
    }
  };
  offer(wholeWay(objectiveAt(work, scale, work.settings.optimizer === 'lbfgs')));
  // Nothing is quicker than one piece with the best of optimisers.
  if ((found[0] as (typeof found)[number]).plan.bytes > SURE * budget)
    tiledWays(optionsOf(work), size, weightsOf(work.settings)).forEach(offer);
  const fitting = found.filter(({ plan }) => plan.bytes <= SURE * budget);
  const best =
    fitting.length > 0
      ? fitting.sort((a, b) => a.time - b.time)
      : found.sort((a, b) => a.plan.bytes - b.plan.bytes);
  return (best[0] as (typeof found)[number]).plan;
}

/** The pictures that are there all the time. */
function picturesOf({ content, styles, settings }: Work): number {
  // In grey it is painted, and in its colours finished.
  const contents = settings.color === 'content' ? [content, content] : [content];
  const pixels = [...contents, ...styles].reduce((sum, { width, height }) => sum + width * height, 0);
  return BYTES_PER_PIXEL * pixels;
}
