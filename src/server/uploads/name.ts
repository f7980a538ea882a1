/** Longest name of a file that is kept, in characters. */
const LONGEST = 100;

/**
 * A file's name as it may be shown and saved under: without folders, control characters and what turns the direction of
 * writing around.
 * @param otherwise where nothing is left
 */
export function plainName(name: string | undefined, otherwise: string): string {
  const [last = ''] = (name ?? '').split(/[/\\]/).slice(-1);
  const plain = [...last.replace(/[\p{C}<>:"|?*\u2028\u2029]/gu, '').trim()].slice(0, LONGEST).join('');
  return /^\.*$/.test(plain) ? otherwise : plain;
}
