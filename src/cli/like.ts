import { existsSync } from 'node:fs';
import { architectures, INITS, readRecord, type Settings, UserError } from '../node/index.ts';
import { settingOptions } from './settings.ts';

/**
 * The settings of another painting, as defaults for those that are given.
 *
 * What belongs together stays together: another size brings its own scales and steps, and another network its own taps
 * and pooling.
 * @throws UserError when the painting carries none
 */
export async function settingsLike(painting: string, given: Partial<Settings>): Promise<Partial<Settings>> {
  const { settings: found, texture } = await readRecord(painting);
  if (texture) {
    throw new UserError(`${painting} is a texture, whose settings make no painting; name one with --like.`);
  }
  if (given.preset !== undefined && given.preset !== found.preset) {
    throw new UserError(
      `--preset ${given.preset} and --like ${painting}, which was painted with ${found.preset}, exclude each other.`,
    );
  }
  const dropped = new Set<keyof Settings>();
  if (given.size !== undefined && given.size !== found.size) dropped.add('scales').add('steps');
  if (given.scales !== undefined) dropped.add('size').add('steps');
  if (given.network !== undefined && given.network !== found.network) {
    dropped.add('contentTaps').add('styleTaps').add('projection').add('pooling');
  }
  const kept = Object.entries(found).filter(([name]) => !dropped.has(name as keyof Settings));
  checkFiles(painting, found, given);
  return { ...Object.fromEntries(kept), ...given };
}

/** @throws UserError when the painting was made with a file that is not here, and no other is given */
function checkFiles(painting: string, found: Partial<Settings>, given: Partial<Settings>): void {
  const known = { network: architectures.map(({ name }) => name), init: INITS };
  for (const name of ['network', 'init'] as const) {
    const file = found[name];
    if (file === undefined || given[name] !== undefined || known[name].includes(file) || existsSync(file))
      continue;
    throw new UserError(
      `${painting} was painted with ${file}, which is not here; name where it is with ${settingOptions[name]} <file>.`,
    );
  }
}
