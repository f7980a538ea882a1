import * as z from 'zod';
import { UserError } from '../errors.ts';
import { type Architecture, canonicalTap } from '../networks/index.ts';
import type { TapWeights } from '../objective/objective.ts';
import { presetNetworks, recipeFor, styleSets } from './recipes.ts';

export const DEFAULT_SIZE = 512;
/** The longest side that may be asked for, in pixels. */
export const MAX_SIZE = 100_000;
/** The smallest: a few positions of the deepest feature maps. */
export const MIN_SIZE = 32;

const say = (error: string) => ({ error });
const pixels = z
  .int(say('must be a whole number of pixels'))
  .min(MIN_SIZE, say(`must be at least ${MIN_SIZE} pixels`))
  .max(MAX_SIZE, say(`must be at most ${MAX_SIZE} pixels`));
const stepCount = z
  .int(say('must be a whole number'))
  .min(1, say('must be at least 1'))
  .max(100_000, say('must be at most 100000'));
const weight = z
  .number(say('must be a number'))
  .min(0, say('must not be negative'))
  .max(1e12, say('must be at most 1e12'));
const taps = z
  .record(
    z.string(),
    z.number(say('must have numbers as weights')).positive(say('must have weights above 0')),
    say('must be taps with their weights'),
  )
  .refine((record) => Object.keys(record).length > 0, say('must name at least one tap'));

/** The pictures to start from that need no file. */
export const INITS: readonly string[] = ['content', 'style', 'noise'];

/**
 * Everything that decides how a painting comes out, besides its pictures. They are written into the painting, so
 * that it can be painted again.
 */
export const settingsSchema = z.strictObject({
  preset: z.enum(['default', 'classic'], say('must be default or classic')),
  /** A network by name, or the file that its weights were read from. */
  network: z.string(say('must be a name or a file')),
  /** Longest side of the painting in pixels. */
  size: pixels,
  /** Longest sides of the levels of the pyramid, from coarse to fine; the last one is `size`. */
  scales: z.array(pixels, say('must be a list of sizes')).min(1, say('must name at least one size')),
  /** Evaluations of the objective at each scale. */
  steps: z.array(stepCount, say('must be a list of numbers')).min(1, say('must name at least one number')),
  contentWeight: weight,
  styleWeight: weight,
  tvWeight: weight,
  /**
   * One dial between content and style, from 0, the content as it is, to 1, no content at all. It multiplies the weights:
   * that of the content by `4 (1 - s)²`, those of style and smoothness by `4 s²`. At 0.5 they count as they are.
   */
  strength: z
    .number(say('must be a number'))
    .min(0, say('must be at least 0'))
    .max(1, say('must be at most 1')),
  /** The parts of several styles, among each other; empty for equal parts. */
  styleMix: z.array(
    z.number(say('must be numbers')).min(0, say('must not be negative')),
    say('must be a list of numbers'),
  ),
  /** The size of the style pictures against the painting's: smaller ones, smaller strokes. */
  styleScale: z
    .number(say('must be a number'))
    .min(0.1, say('must be at least 0.1'))
    .max(4, say('must be at most 4')),
  /** Whose colours the painting has: the style's, the content's, or the style's moved to the content's. */
  color: z.enum(['style', 'content', 'match'], say('must be style, content or match')),
  /** Tap names with their weights among each other; for styles also the names of sets: `fine`, `balanced`, `bold`. */
  contentTaps: taps,
  styleTaps: taps,
  /** What styles are measured by: Gram matrices, means and deviations, the distance of Gaussians, or Gram matrices with histograms. */
  styleLoss: z.enum(
    ['gram', 'moments', 'wasserstein', 'histogram'],
    say('must be gram, moments, wasserstein or histogram'),
  ),
  /** The share of a map's channels in which styles are compared: random directions, fewer where speed counts. */
  projection: z
    .number(say('must be a number'))
    .gt(0, say('must be above 0'))
    .max(1, say('must be at most 1')),
  pooling: z.enum(['max', 'avg'], say('must be max or avg')),
  /** How content and style are measured: relative to their targets, or as in the papers. */
  losses: z.enum(['relative', 'classic'], say('must be relative or classic')),
  /** What is beyond the painting's edges: its mirror image, or its other side, so that it can be laid beside itself. */
  edges: z.enum(['mirror', 'wrap'], say('must be mirror or wrap')),
  /** Pixels by which pictures are continued outwards, so that their edges look like any other place. */
  margin: z
    .int(say('must be a whole number'))
    .min(0, say('must not be negative'))
    .max(512, say('must be at most 512')),
  /** Whether the picture is only changed through a filter that blurs colour, which keeps it free of grain. */
  soft: z.boolean(say('must be true or false')),
  optimizer: z.enum(['lbfgs', 'adam'], say('must be lbfgs or adam')),
  /** `content`, `style`, `noise`, or the file that the painting starts from. */
  init: z.string(say('must be content, style, noise or a file')),
  /** For the noise. */
  seed: z
    .int(say('must be a whole number'))
    .min(0, say('must not be negative'))
    .max(2 ** 32 - 1, say('must be below 2^32')),
});

export type Settings = z.infer<typeof settingsSchema>;

/** Made once, since a schema is compiled when it is first used. */
const partialSchema = settingsSchema.partial();

/**
 * Checks each setting that is given by itself.
 * @throws UserError with one sentence about the first that makes no sense
 */
export function checkSettings(given: Partial<Settings>): Partial<Settings> {
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  return check(partialSchema, Object.fromEntries(said));
}

/** The name or file of the network that the settings ask for, or that their preset is made for. */
export function networkOf({ network, preset = 'default' }: Partial<Settings>): string {
  return network ?? presetNetworks[preset];
}

/** The longest side that the settings ask for, in pixels. */
export function sizeOf({ size, scales }: Partial<Settings>): number {
  return size ?? scales?.at(-1) ?? DEFAULT_SIZE;
}

/** What content, style and smoothness count for, with the strength in it. */
export function weightsOf({ contentWeight, styleWeight, tvWeight, strength }: Settings) {
  const [keep, change] = [4 * (1 - strength) ** 2, 4 * strength ** 2];
  return {
    contentWeight: keep * contentWeight,
    styleWeight: change * styleWeight,
    tvWeight: change * tvWeight,
  };
}

/**
 * The part of each of so many styles; together 1.
 * @throws UserError when the settings mix another number of styles
 */
export function partsOf({ styleMix }: Settings, styles: number): number[] {
  const mix = styleMix.length > 0 ? styleMix : Array.from({ length: styles }, () => 1);
  if (mix.length !== styles) {
    throw new UserError(
      `styleMix has ${mix.length} ${mix.length === 1 ? 'number' : 'numbers'} for ${styles} ${styles === 1 ? 'style' : 'styles'}; give one for each.`,
    );
  }
  const sum = mix.reduce((a, b) => a + b, 0);
  return mix.map((part) => part / sum);
}

/** The names of all taps that the settings look at. */
export function tapsOf({ contentTaps, styleTaps }: Settings): string[] {
  return [...new Set([...Object.keys(contentTaps), ...Object.keys(styleTaps)])];
}

/**
 * Fills in what was not said, from the preset and the network, and checks the whole. A single number of steps counts
 * for every scale.
 * @throws UserError with one sentence about the first thing that makes no sense
 */
export function resolveSettings(given: Partial<Settings>, architecture: Architecture): Settings {
  const said = checkSettings(given);
  const recipe = recipeFor(said.preset ?? 'default', architecture);
  const size = sizeOf(said);
  const scales = said.scales ?? recipe.scales(size);
  const steps =
    said.steps?.length === 1
      ? scales.map(() => said.steps?.[0])
      : (said.steps ?? recipe.steps(scales.length));
  const filled = { ...recipe.settings, network: architecture.name, ...said, size, scales, steps };
  const settings = check(settingsSchema, filled);
  checkWhole(settings);
  return {
    ...settings,
    contentTaps: canonicalTaps(architecture, settings.contentTaps),
    styleTaps: canonicalTaps(architecture, expanded(settings.styleTaps, styleSets(architecture))),
  };
}

function checkWhole(settings: Settings): void {
  const { size, scales, steps, styleMix } = settings;
  if (scales.length !== steps.length) {
    throw new UserError(
      `steps must be one number, or one for each of the ${scales.length} scales, and there are ${steps.length}.`,
    );
  }
  if (settings.losses === 'classic' && settings.styleLoss !== 'gram') {
    throw new UserError(
      `The classic losses have no style loss but gram, not ${settings.styleLoss}; leave one of the two out.`,
    );
  }
  if (scales.some((scale, i) => i > 0 && scale <= (scales[i - 1] as number))) {
    throw new UserError(`scales must grow from coarse to fine, and ${scales.join(',')} do not.`);
  }
  if (scales.at(-1) !== size) {
    throw new UserError(
      `The last of the scales ${scales.join(',')} must be the size ${size}; leave one of the two out.`,
    );
  }
  if (settings.edges === 'wrap' && settings.margin === 0) {
    throw new UserError(
      'Edges that wrap need a margin, in which the other side is seen, not 0; 24 is usual.',
    );
  }
  const { contentWeight, styleWeight } = weightsOf(settings);
  if (contentWeight === 0 && styleWeight === 0) {
    throw new UserError(
      'Neither content nor style counts, which leaves nothing to paint by; look at contentWeight, styleWeight and strength.',
    );
  }
  if (styleMix.length > 0 && styleMix.every((part) => part === 0)) {
    throw new UserError('styleMix must have a number above 0.');
  }
}

/** The taps with those of a set in the place of its name, such as `bold`, each times the set's weight. */
function expanded(taps: TapWeights, sets: Readonly<Record<string, TapWeights>>): TapWeights {
  const result: Record<string, number> = {};
  for (const [name, weight] of Object.entries(taps)) {
    const set = Object.hasOwn(sets, name) ? sets[name] : undefined;
    for (const [tap, part] of Object.entries(set ?? { [name]: 1 })) {
      result[tap] = (result[tap] ?? 0) + weight * part;
    }
  }
  return result;
}

/** A tap that is named twice, by its own name and another, counts for both. */
function canonicalTaps(architecture: Architecture, taps: TapWeights): Record<string, number> {
  const result: Record<string, number> = {};
  for (const [name, weight] of Object.entries(taps)) {
    const tap = canonicalTap(architecture, name);
    result[tap] = (result[tap] ?? 0) + weight;
  }
  return result;
}

function check<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0] as z.core.$ZodIssue;
  const [name = ''] = issue.path;
  const found = (value as Record<string, unknown>)[String(name)];
  if (issue.code === 'unrecognized_keys') throw new UserError(`There is no setting "${issue.keys[0]}".`);
  // JSON would have null for what is no number.
  const shown = typeof found === 'number' ? String(found) : JSON.stringify(found);
  throw new UserError(`${String(name)} ${issue.message}, not ${shown}.`);
}
