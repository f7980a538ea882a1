import type { Command } from 'commander';
import {
  addListenOptions,
  addWorkOptions,
  type ServeCommandOptions,
  serveOptions,
} from './server-options.ts';
import { untilStopped } from './until-stopped.ts';

const examples = `
Examples:
  $ velatura serve
      for programs on this machine
  $ VELATURA_TOKEN=... velatura serve --host 0.0.0.0
      for others as well, who know the token
  $ DATABASE_URL=postgres://... velatura serve --paintings 0
      accepts paintings for workers on other machines
`;

/** `velatura serve`: paints for programs, over HTTP. */
export function addServe(program: Command): void {
  const command = program
    .command('serve')
    .summary('paint for programs, over HTTP')
    .description(
      'Listens for paintings that programs ask for, and paints them one after another. Prints its address; /docs tells what can be asked.',
    )
    .allowExcessArguments(false);
  addListenOptions(command);
  addWorkOptions(command, 0).addHelpText('after', examples).action(run);
}

async function run(options: ServeCommandOptions): Promise<void> {
  // Loaded only here: other commands do without a server.
  const { serve } = await import('../server/index.ts');
  await untilStopped(
    () => serve(serveOptions(options)),
    ({ url }) => process.stdout.write(`${url}\n`),
  );
}
