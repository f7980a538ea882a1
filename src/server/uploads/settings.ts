import {
  architectureNamed,
  architectures,
  checkExplainChoices,
  checkSettings,
  explainSettings,
  INITS,
  networkOf,
  resolveSettings,
  type Settings,
  sizeOf,
  TEXTURE_SETTINGS,
  textureSettings,
  UserError,
} from '../../node/index.ts';
import { badRequest } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { type Explain, explainSchema, type Texture, textureSchema } from '../paintings/painting.ts';

export interface ChosenSettings {
  readonly settings: Partial<Settings>;
  readonly resolved: Settings;
}

/**
 * The settings that came, and all that follow from them.
 * @param styles how many there are
 * @param texture what is painted where there is no content
 * @param explain what is looked into, where it is an explanation
 * @throws ApiError when they make no sense, name a file, or ask for more than is allowed
 */
export function chooseSettings(
  given: object,
  styles: number,
  limits: Limits,
  { texture, explain }: { readonly texture: Texture | undefined; readonly explain: Explain | undefined },
): ChosenSettings {
  try {
    const settings = checkSettings(given as Partial<Settings>);
    checkNoFiles(settings);
    if (texture) checkOfTexture(settings);
    const small = explain ? explainSettings(settings) : settings;
    const painted = texture ? textureSettings(settings, texture) : small;
    checkAmount(painted, limits);
    const architecture = architectureNamed(networkOf(painted));
    const resolved = resolveSettings(painted, architecture);
    const looked = explain && checkExplainChoices(explain, architecture, Object.keys(resolved.styleTaps));
    if (looked && looked.size > limits.maxSize) {
      throw badRequest(`reconstructionSize must be at most ${limits.maxSize} pixels here.`);
    }
    checkAmount(resolved, limits, looked?.steps);
    const { styleMix } = resolved;
    if (styleMix.length > 0 && styleMix.length !== styles) {
      throw badRequest(`styleMix must have one number for each of the ${styles} styles.`);
    }
    return { settings, resolved };
  } catch (error) {
    throw error instanceof UserError ? badRequest(error.message) : error;
  }
}

/**
 * What a texture is to be, as it came as JSON.
 * @throws ApiError when it makes no sense
 */
export function chooseTexture(text: string): Texture {
  const { success, data } = textureSchema.strict().safeParse(parse(text, 'texture'));
  if (success) return data;
  throw badRequest(
    'texture must be a JSON object with a width and a height in pixels, as {"width": 512, "height": 512}, and may say "tileable": true.',
  );
}

/**
 * What an explanation looks into, as it came as JSON.
 * @throws ApiError when it makes no sense
 */
export function chooseExplain(text: string): Explain {
  const { success, data, error } = explainSchema.safeParse(parse(text, 'explain'));
  if (success) return data;
  const [issue] = error.issues;
  const place = issue?.path.join('.') ?? '';
  throw badRequest(
    `explain must be a JSON object, as {} or {"maps": 8, "taps": ["conv1", "4f"]}${place && `; ${place} is wrong: ${issue?.message}`}.`,
  );
}

/** The settings that were sent. */
export function parseSettings(text: string | undefined): object {
  return parse(text ?? '{}', 'settings');
}

/** Pictures of how one painting grew, at most. */
const MOST_MOMENTS = 250;

/**
 * Steps between two pictures of how it grew.
 * @throws ApiError when that is no number, or would give too many
 */
export function chooseHistory(text: string, { steps }: Settings): number {
  const every = Number(text);
  if (!/^\d+$/.test(text.trim()) || every < 1 || every > 1_000_000) {
    throw badRequest('history must be a whole number of steps from 1.');
  }
  // Those of every scale: each n-th, the first and the last.
  const most = steps.reduce((sum, count) => sum + Math.ceil(count / every) + 1, 0);
  if (most <= MOST_MOMENTS) return every;
  throw badRequest(`history keeps at most ${MOST_MOMENTS} pictures here; let more steps lie between them.`);
}

function parse(text: string, part: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badRequest(`${part} must be a JSON object, and cannot be read as JSON.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequest(`${part} must be a JSON object.`);
  }
  return value;
}

function checkOfTexture(settings: Partial<Settings>): void {
  const useless = Object.keys(settings).find((name) => !TEXTURE_SETTINGS.some((known) => known === name));
  if (useless === undefined) return;
  throw badRequest(`A texture has no use for ${useless}, which needs a content; leave it out.`);
}

/** On the command line these may be files; here they would be the server's own. */
function checkNoFiles({ network, init }: Partial<Settings>): void {
  const names = architectures.map(({ name }) => name);
  if (network !== undefined && !names.includes(network)) {
    throw badRequest(`network must be one of ${names.join(', ')}.`);
  }
  if (init !== undefined && !INITS.includes(init)) {
    throw badRequest(
      `init must be one of ${INITS.join(', ')}; to start from a painting, send its id as from.`,
    );
  }
}

/** @param more steps that are not the painting's own */
function checkAmount(settings: Partial<Settings>, { maxSize, maxSteps }: Limits, more = 0): void {
  if (Math.max(sizeOf(settings), ...(settings.scales ?? [])) > maxSize) {
    throw badRequest(`size must be at most ${maxSize} pixels here.`);
  }
  const steps = (settings.steps ?? []).reduce((sum, count) => sum + count, more);
  if (steps <= maxSteps) return;
  const counted = more > 0 ? 'scales and reconstructions' : 'scales';
  throw badRequest(`steps must be at most ${maxSteps} here, all ${counted} together.`);
}
