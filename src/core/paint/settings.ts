import { z } from 'zod';
import { UserError } from '../errors.ts';
import { type Architecture, canonicalTap } from '../networks/index.ts';
import type { TapWeights } from './objective.ts';
import { recipeFor } from './recipes.ts';

/** The longest side that may be asked for, in pixels. */
export const MAX_SIZE = 16384;
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
const taps = z.record(z.string(), z.number().positive(say('must have weights above 0')));

/**
 * Everything that decides how a painting comes out, besides its pictures. They are written into the painting, so
 * that it can be painted again.
 */
export const settingsSchema = z.strictObject({
  preset: z.enum(['default', 'classic'], say('must be default or classic')),
  /** A network by name, or the file that its weights were read from. */
  network: z.string(),
  /** Longest side of the painting in pixels. */
  size: pixels,
  /** Longest sides of the levels of the pyramid, from coarse to fine; the last one is `size`. */
  scales: z.array(pixels).min(1, say('must name at least one size')),
  /** Evaluations of the objective at each scale. */
  steps: z.array(stepCount).min(1, say('must name at least one number')),
  contentWeight: weight,
  styleWeight: weight,
  tvWeight: weight,
  /** Tap names with their weights among each other. */
  contentTaps: taps,
  styleTaps: taps,
  pooling: z.enum(['max', 'avg'], say('must be max or avg')),
  /** How content and style are measured: relative to their targets, or as in the papers. */
  losses: z.enum(['relative', 'classic'], say('must be relative or classic')),
  /** Pixels by which pictures are mirrored outwards, so that their edges look like any other place. */
  margin: z
    .int(say('must be a whole number'))
    .min(0, say('must not be negative'))
    .max(512, say('must be at most 512')),
  optimizer: z.enum(['lbfgs', 'adam'], say('must be lbfgs or adam')),
  /** `content`, `style`, `noise`, or the file that the painting starts from. */
  init: z.string(),
  /** For the noise. */
  seed: z
    .int(say('must be a whole number'))
    .min(0, say('must not be negative'))
    .max(2 ** 32 - 1, say('must be below 2^32')),
});

export type Settings = z.infer<typeof settingsSchema>;

/**
 * Fills in what was not said, from the preset and the network, and checks the whole.
 * @throws UserError with one sentence about the first thing that makes no sense
 */
export function resolveSettings(given: Partial<Settings>, architecture: Architecture): Settings {
  const said = check(settingsSchema.partial(), given);
  const recipe = recipeFor(said.preset ?? 'default', architecture);
  const size = said.size ?? said.scales?.at(-1) ?? recipe.size;
  const scales = said.scales ?? recipe.scales(size);
  const steps = said.steps ?? recipe.steps(scales.length);
  const settings = check(settingsSchema, {
    ...recipe.settings,
    network: architecture.name,
    ...said,
    size,
    scales,
    steps,
  });
  checkSchedule(settings);
  return {
    ...settings,
    contentTaps: canonicalTaps(architecture, settings.contentTaps),
    styleTaps: canonicalTaps(architecture, settings.styleTaps),
  };
}

function checkSchedule({ size, scales, steps, contentWeight, styleWeight }: Settings): void {
  if (scales.length !== steps.length) {
    throw new UserError(
      `steps must name a number for each scale: there are ${scales.length} scales but ${steps.length} numbers.`,
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
  if (contentWeight === 0 && styleWeight === 0) {
    throw new UserError('contentWeight and styleWeight are both 0, which leaves nothing to paint by.');
  }
}

function canonicalTaps(architecture: Architecture, taps: TapWeights): Record<string, number> {
  return Object.fromEntries(
    Object.entries(taps).map(([tap, weight]) => [canonicalTap(architecture, tap), weight]),
  );
}

function check<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message, code } = result.error.issues[0] as z.core.$ZodIssue;
  const [name = ''] = path;
  const found = (value as Record<string, unknown>)[String(name)];
  if (code === 'unrecognized_keys') throw new UserError(`There is no setting ${message}.`);
  throw new UserError(`${String(name)} ${message}, not ${JSON.stringify(found)}.`);
}
