import { UserError } from '../../node/index.ts';
import { USER_ERROR_CODE } from '../errors.ts';
import { complaint, type Failure } from './progress.ts';

/** @param paintings that there will not be for it */
export function failureOf(content: string, error: Error, paintings = 1): Failure {
  const [reason = ''] = error.message.split('\n');
  return { content, reason, paintings, expected: error instanceof UserError };
}

/**
 * Says on standard error what could not be painted, and sets the exit code: 2 where the person can put all of it right, 1
 * for anything else. One that is set already, as by Ctrl-C, stays.
 */
export function reportFailures(failures: readonly Failure[]): void {
  if (failures.length === 0) return;
  process.stderr.write(`Not painted:\n${failures.map((failure) => `  ${complaint(failure)}\n`).join('')}`);
  process.exitCode ??= failures.every(({ expected }) => expected) ? USER_ERROR_CODE : 1;
}
