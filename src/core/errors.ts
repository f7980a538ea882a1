/**
 * Something the person at the keyboard can put right: a wrong file, an unknown name, a size that makes no
 * sense. The message is one plain sentence that says what to do. The command prints it and exits with code 2.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** The engine failed to load or run a graph. The message names the engine. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
}

/** Joins names for a sentence: `conv1, 2a and 2c`. */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
