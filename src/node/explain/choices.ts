import { UserError } from '../../core/errors.ts';
import { type Architecture, canonicalTap } from '../../core/networks/index.ts';
import type { Settings } from '../../core/paint/index.ts';
import { reconstructionScales } from './reconstruct.ts';

/** What is looked into, besides how the painting is painted. */
export interface ExplainChoices {
  /** The taps whose feature maps are shown and from which the content is reconstructed; the last of each size of maps when left out. */
  readonly taps?: readonly string[];
  /** How many feature maps a tap. */
  readonly maps?: number;
  /** How many channels of each Gram matrix. */
  readonly channels?: number;
  /** The longest side of the reconstructions, in pixels. */
  readonly reconstructionSize?: number;
  /** Their steps at each of their two scales. */
  readonly reconstructionSteps?: number;
}

type ChoiceOfNumber = Exclude<keyof ExplainChoices, 'taps'>;

/** What is taken when nothing is said, what may be said, and what it is for people. */
export const explainNumbers: Readonly<
  Record<ChoiceOfNumber, { usual: number; least: number; most: number; words: string }>
> = {
  maps: { usual: 8, least: 1, most: 64, words: 'feature maps a layer' },
  channels: { usual: 32, least: 2, most: 128, words: 'channels of each Gram matrix' },
  reconstructionSize: { usual: 160, least: 32, most: 1024, words: 'longest side of reconstructions' },
  reconstructionSteps: { usual: 60, least: 1, most: 10_000, words: 'their steps at each scale' },
};

/** What the taps are for people. */
export const EXPLAIN_TAPS_WORDS = 'layers to show feature maps of and to reconstruct the content from';

/** The longest side of the painting in a report: half of a painting's usual one, for a quarter of its time. */
export const EXPLAIN_SIZE = 256;

/** The settings by which the painting in a report is painted: small, unless they say otherwise. */
export function explainSettings<S extends Partial<Settings>>(settings: S): S {
  const said = settings.size !== undefined || settings.scales !== undefined;
  return said ? settings : { ...settings, size: EXPLAIN_SIZE };
}

/**
 * Checks one of the numbers.
 * @param called what to call it in the message
 * @param said what was given, as the message repeats it
 * @throws UserError naming what it may be
 */
export function checkExplainNumber(
  name: ChoiceOfNumber,
  value: number,
  called: string = name,
  said: string = String(value),
): number {
  const { least, most } = explainNumbers[name];
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UserError(`${called} must be a whole number from ${least} to ${most}, not ${said}.`);
}

/** The numbers that were chosen, with the usual ones in the place of those that were not. */
export function numbersOf(choices: ExplainChoices): Record<ChoiceOfNumber, number> {
  const names = Object.keys(explainNumbers) as ChoiceOfNumber[];
  const chosen = names.map((name) => [
    name,
    checkExplainNumber(name, choices[name] ?? explainNumbers[name].usual),
  ]);
  return Object.fromEntries(chosen) as Record<ChoiceOfNumber, number>;
}

/**
 * The canonical names of the taps to look into, from early to late: the last before each halving of the maps, unless
 * others are named.
 * @throws UserError when there is none, or no such tap
 */
export function tapsToShow(architecture: Architecture, named?: readonly string[]): string[] {
  if (!named) {
    const last = architecture.taps.filter(({ stride }, i) => architecture.taps[i + 1]?.stride !== stride);
    return last.map(({ name }) => name);
  }
  if (named.length === 0) throw new UserError('taps must name at least one tap.');
  return inOrder(
    architecture,
    named.map((name) => canonicalTap(architecture, name)),
  );
}

/**
 * Checks what is to be looked into, as `explain` does, for whoever accepts what is explained later.
 * @returns the longest side of the reconstructions in pixels, and their steps, all together
 * @throws UserError naming what it may be
 */
export function checkExplainChoices(
  choices: ExplainChoices,
  architecture: Architecture,
  styleTaps: readonly string[],
): { readonly size: number; readonly steps: number } {
  const { reconstructionSize: size, reconstructionSteps } = numbersOf(choices);
  const pictures = tapsToShow(architecture, choices.taps).length + growingSets(styleTaps, STYLE_SETS).length;
  return { size, steps: pictures * reconstructionScales(size).length * reconstructionSteps };
}

/** As many style reconstructions as figure 1 of Gatys, Ecker & Bethge (2015) has, at most. */
export const STYLE_SETS = 5;

/** The taps once each, from early to late. */
export function inOrder(architecture: Architecture, taps: readonly string[]): string[] {
  return architecture.taps.map(({ name }) => name).filter((name) => taps.includes(name));
}

/** The first of the taps, then ever more of them, up to all: at most so many sets. */
export function growingSets(taps: readonly string[], sets: number): string[][] {
  const lengths = Array.from({ length: sets }, (_, i) => Math.round(((i + 1) * taps.length) / sets));
  return [...new Set(lengths)].filter((length) => length > 0).map((length) => taps.slice(0, length));
}
