import type { Command } from 'commander';
import {
  addListenOptions,
  addWorkOptions,
  type ServeCommandOptions,
  serveOptions,
} from './server-options.ts';
import { untilStopped } from './until-stopped.ts';

/** `velatura studio`: paints in the browser. */
export function addStudio(program: Command): void {
  const command = program
    .command('studio')
    .summary('paint in the browser')
    .description('Opens a page in the browser in which to choose pictures, and to see them being painted.')
    .allowExcessArguments(false);
  addListenOptions(command).option('--no-open', 'only print the address');
  addWorkOptions(command, 0).action(run);
}

async function run(options: ServeCommandOptions & { readonly open: boolean }): Promise<void> {
  const { serve } = await import('../server/index.ts');
  await untilStopped(
    () => serve(serveOptions(options)),
    ({ url }) => {
      process.stdout.write(`${url}\n`);
      if (options.open) void openPage(url);
    },
  );
}

async function openPage(url: string): Promise<void> {
  const { default: open } = await import('open');
  const browser = await open(url).catch(() => undefined);
  const failed = () => process.stderr.write(`No browser could be opened; open ${url} in one.\n`);
  if (browser) browser.once('error', failed);
  else failed();
}
