import { createHash } from 'node:crypto';
import { random } from '../../core/picture/noise.ts';

/** What chance decides about a copy. */
export interface Draw {
  /** Which of the styles. */
  readonly style: number;
  readonly strength: number;
  /** For the painting's own noise. */
  readonly seed: number;
}

/**
 * Draws for one copy. It depends on what is named here and on nothing else: not on what was drawn before, so that a run
 * can be stopped, taken up, or done in another order.
 * @param source the picture's path in its folder, with slashes
 * @param copy from 1
 * @param styles how many there are
 * @param strength from where to where
 */
export function draw(
  seed: number,
  source: string,
  copy: number,
  styles: number,
  [least, most]: readonly [number, number],
): Draw {
  // Systems differ in how they write an umlaut in a file's name.
  const what = JSON.stringify([seed, source.normalize(), copy]);
  const next = random(createHash('sha256').update(what).digest().readUInt32LE(0));
  const style = Math.floor(next() * styles);
  // Four decimals are more than the eye can tell, and can be typed.
  const strength = Math.round((least + next() * (most - least)) * 1e4) / 1e4;
  return { style, strength: Math.min(Math.max(strength, least), most), seed: Math.floor(next() * 2 ** 32) };
}
