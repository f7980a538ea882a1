#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const main = path('dist/cli/main.js');
const sources = path('src');
const page = path('studio/src');
const compiler = path('node_modules/typescript/bin/tsc');
const bundler = path('node_modules/vite/bin/vite.js');

/** When the newest of the sources was changed, those of the studio's page too. */
function newest() {
  // A file may go meanwhile.
  const time = (name) => statSync(name, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const within = (folder) => readdirSync(folder, { recursive: true }).map((name) => time(join(folder, name)));
  return Math.max(...within(sources), ...within(page), time(path('studio/index.html')));
}

/** Whether the sources were changed since they were built. */
function isStale() {
  return !existsSync(main) || newest() > statSync(main).mtimeMs;
}

function hasTools() {
  return existsSync(compiler) && existsSync(bundler);
}

/** Compiles the sources: beside `dist` and then in its place, so that nobody ever runs a half. */
function build() {
  console.error(existsSync(main) ? 'Building Velatura anew...' : 'Building Velatura, this once...');
  const fresh = path(`.dist-${process.pid}`);
  const options = ['-p', path('tsconfig.build.json'), '--outDir', fresh];
  const run = (program, words) =>
    existsSync(program) &&
    spawnSync(process.execPath, [program, ...words], { stdio: ['ignore', 2, 2] }).status === 0;
  const pageOptions = ['--config', path('studio/vite.config.ts'), '--outDir', join(fresh, 'studio')];
  const built = run(compiler, options) && run(bundler, ['build', ...pageOptions, '--logLevel', 'warn']);
  // Meanwhile another process may have done the same.
  if (built && isStale()) replace(path('dist'), fresh);
  rmSync(fresh, { recursive: true, force: true });
  if (built) return;
  const remedy = hasTools() ? 'put right what is wrong in its sources' : 'run "npm ci" in its folder';
  console.error(`Velatura could not be built; ${remedy} and try again.`);
  process.exit(1);
}

/** Puts a folder in the place of another. */
function replace(folder, fresh) {
  const old = path(`.dist-${process.pid}-old`);
  if (existsSync(folder)) renameSync(folder, old);
  renameSync(fresh, folder);
  rmSync(old, { recursive: true, force: true });
  // Sources from a clock that is ahead would be built again and again.
  if (isStale()) utimesSync(main, new Date(), newest() / 1000 + 1);
}

// In a checkout nothing is built at first, since npm runs no scripts when it installs, and later not what has changed. A
// package has no sources.
if (existsSync(sources) && (!existsSync(main) || (hasTools() && isStale()))) build();
if (!existsSync(main)) {
  console.error(
    'This package of Velatura was packed before it was built: run "npm run build", then "npm pack" again.',
  );
  process.exit(1);
}

const words = process.argv.slice(2);
const { restartForPainting } = await import('../dist/cli/restart.js');
await restartForPainting(words);
const velatura = await import('../dist/cli/main.js');
await velatura.main(words);
