import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const program = fileURLToPath(new URL('../../bin/velatura.js', import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** The folder to run in. */
  readonly cwd: string;
  readonly env?: Record<string, string>;
}

/** A running command. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  /** Waits until something stands on either stream, and returns it. */
  until(text: RegExp): Promise<string>;
  readonly outcome: Promise<Outcome>;
}

/** Starts the command as a person does. */
export function start(words: readonly string[], { cwd, env }: RunOptions): Running {
  const child = spawn(process.execPath, [program, ...words], { cwd, env: { ...process.env, ...env } });
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  const changed = () => {
    for (const watcher of watchers) watcher();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    changed();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    changed();
  });
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const until = (text: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const watcher = () => {
        const found = text.exec(stdout) ?? text.exec(stderr);
        if (!found) return;
        watchers.delete(watcher);
        resolve(found[0]);
      };
      watchers.add(watcher);
      watcher();
      outcome.then(() => reject(new Error(`It ended without saying ${text}:\n${stdout}\n${stderr}`)), reject);
    });
  return { child, until, outcome };
}

/** Runs the command to its end. */
export function velatura(words: readonly string[], options: RunOptions): Promise<Outcome> {
  return start(words, options).outcome;
}

/** An environment in which a folder of that name may not be looked into, whoever runs the command. */
export function refusing(name: string): Record<string, string> {
  const preload = `
    import fs from 'node:fs';
    import { basename } from 'node:path';
    import { syncBuiltinESMExports } from 'node:module';
    const { readdir } = fs;
    fs.readdir = (path, ...rest) => {
      if (basename(String(path)) !== ${JSON.stringify(name)}) return readdir(path, ...rest);
      process.nextTick(rest.at(-1), Object.assign(new Error('refused'), { code: 'EACCES' }));
    };
    syncBuiltinESMExports();`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}` };
}

/** The events that `--json` printed. */
export function events(stdout: string): Record<string, unknown>[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
