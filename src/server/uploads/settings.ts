import {
  architectureNamed,
  architectures,
  checkSettings,
  INITS,
  networkOf,
  resolveSettings,
  type Settings,
  sizeOf,
  UserError,
} from '../../node/index.ts';
import { badRequest } from '../errors.ts';
import type { Limits } from '../limits.ts';

export interface ChosenSettings {
  readonly settings: Partial<Settings>;
  readonly resolved: Settings;
}

/**
 * The settings that came as JSON, and all that follow from them.
 * @param styles how many there are
 * @throws ApiError when they make no sense, name a file, or ask for more than is allowed
 */
export function chooseSettings(text: string | undefined, styles: number, limits: Limits): ChosenSettings {
  const given = parse(text ?? '{}');
  try {
    const settings = checkSettings(given as Partial<Settings>);
    checkNoFiles(settings);
    checkAmount(settings, limits);
    const resolved = resolveSettings(settings, architectureNamed(networkOf(settings)));
    checkAmount(resolved, limits);
    const { styleMix } = resolved;
    if (styleMix.length > 0 && styleMix.length !== styles) {
      throw badRequest(`styleMix must have one number for each of the ${styles} styles.`);
    }
    return { settings, resolved };
  } catch (error) {
    throw error instanceof UserError ? badRequest(error.message) : error;
  }
}

function parse(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badRequest('settings must be a JSON object, and cannot be read as JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequest('settings must be a JSON object.');
  }
  return value;
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

function checkAmount(settings: Partial<Settings>, { maxSize, maxSteps }: Limits): void {
  if (Math.max(sizeOf(settings), ...(settings.scales ?? [])) > maxSize) {
    throw badRequest(`size must be at most ${maxSize} pixels here.`);
  }
  const steps = (settings.steps ?? []).reduce((sum, count) => sum + count, 0);
  if (steps > maxSteps) throw badRequest(`steps must be at most ${maxSteps} here, all scales together.`);
}
