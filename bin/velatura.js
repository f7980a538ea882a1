#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const main = path('dist/cli/main.js');

/** Compiles the sources: beside `dist` and then in its place, so that nobody ever runs a half. */
function build() {
  console.error('Building Velatura, this once...');
  const compiler = path('node_modules/typescript/bin/tsc');
  const fresh = path(`.dist-${process.pid}`);
  const options = ['-p', path('tsconfig.build.json'), '--outDir', fresh];
  const built =
    existsSync(compiler) &&
    spawnSync(process.execPath, [compiler, ...options], { stdio: ['ignore', 2, 2] }).status === 0;
  // Meanwhile another process may have done the same.
  if (built && !existsSync(main)) {
    rmSync(path('dist'), { recursive: true, force: true });
    renameSync(fresh, path('dist'));
  }
  rmSync(fresh, { recursive: true, force: true });
  if (built) return;
  console.error('Velatura could not be built; run "npm ci" in its folder and try again.');
  process.exit(1);
}

// In a fresh checkout nothing is built yet: npm runs no scripts when it installs.
if (!existsSync(main) && existsSync(path('src'))) build();
if (!existsSync(main)) {
  console.error(
    'This package of Velatura was packed before it was built: run "npm run build", then "npm pack" again.',
  );
  process.exit(1);
}

const velatura = await import('../dist/cli/main.js');
await velatura.main(process.argv.slice(2));
