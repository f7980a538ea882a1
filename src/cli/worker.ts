import type { Command } from 'commander';
import { addWorkOptions, type WorkCommandOptions, workOptions } from './server-options.ts';
import { untilStopped } from './until-stopped.ts';

/** `velatura worker`: paints what servers accept, on this machine as well. */
export function addWorker(program: Command): void {
  const command = program
    .command('worker')
    .summary('paint what servers on other machines accept')
    .description(
      'Takes paintings from the PostgreSQL server that DATABASE_URL names, and paints them. Any number of workers on any number of machines can do so.',
    )
    .allowExcessArguments(false);
  addWorkOptions(command, 1).action(run);
}

async function run(options: WorkCommandOptions): Promise<void> {
  const { runWorker } = await import('../server/index.ts');
  await untilStopped(
    () => runWorker(workOptions(options)),
    () => process.stdout.write('Waiting for paintings.\n'),
  );
}
