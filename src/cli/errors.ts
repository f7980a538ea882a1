import { EngineError, UserError } from '../node/index.ts';

/** The exit code of everything that the person can put right. */
export const USER_ERROR_CODE = 2;

/** An error of the same kind that says something more. */
export function adding(error: unknown, sentence: string): Error {
  const message = error instanceof Error ? error.message : String(error);
  const [line = ''] = message.split('\n');
  const Kind = [UserError, EngineError].find((kind) => error instanceof kind) ?? Error;
  return new Kind(`${/[.!?]$/.test(line) ? line : `${line}.`} ${sentence}`, { cause: error });
}
