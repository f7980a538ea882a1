import { USER_ERROR_CODE } from './errors.ts';

/**
 * Lets the work go on when what is printed cannot be: a painting is painted to its end all the same. Who reads may leave
 * early, as `head` does; of any other failure, as on a full disk, the exit code and a sentence tell at the end.
 */
export function surviveStreams(): void {
  for (const [name, stream] of Object.entries({ output: process.stdout, error: process.stderr })) {
    let reason: string | undefined;
    stream.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      if (code !== 'EPIPE') reason ??= code ?? message;
    });
    process.once('beforeExit', () => {
      if (reason === undefined) return;
      process.exitCode ||= USER_ERROR_CODE;
      if (stream === process.stderr) return;
      process.stderr.write(
        `Standard ${name} could not be written (${reason}); what was printed is not whole.\n`,
      );
    });
  }
}
