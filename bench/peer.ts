import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Ready, Timed, Values } from './protocol.ts';

/** Something that computes a step: a program that speaks as `protocol.ts` says. */
export interface Candidate {
  readonly name: string;
  readonly command: readonly string[];
  /** Steps of many seconds, of which few have to do. */
  readonly slow?: boolean;
}

/** A candidate's process, ready for a scene. */
export interface Peer extends Candidate {
  readonly engine: string;
  readonly losses: () => Promise<Values>;
  readonly step: () => Promise<Timed>;
  readonly close: () => Promise<void>;
}

export const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
export const tsx = (file: string) => [process.execPath, '--import', 'tsx', here(file)];
export const python = process.env.VELATURA_PYTHON ?? 'python3';

export const velatura: Candidate = { name: 'Velatura', command: tsx('velatura.ts') };
const pytorch: Candidate[] = ['contiguous_format', 'channels_last'].map((layout) => ({
  name: layout === 'channels_last' ? 'PyTorch, channels last' : 'PyTorch',
  command: [python, here('pytorch/step.py'), layout],
}));
/** Shown but not what Velatura is held to: it wants a C++ compiler, and half a minute for each size of picture. */
const compiled: Candidate = {
  name: 'torch.compile',
  command: [python, here('pytorch/step.py'), 'channels_last', 'compile'],
};
const onnxruntimeWeb: Candidate = {
  name: 'onnxruntime-web',
  command: tsx('peers/onnxruntime-web.ts'),
  slow: true,
};
const tensorflow: Candidate = { name: 'TensorFlow.js', command: tsx('peers/tensorflow.ts'), slow: true };

/** What there is on this machine besides Velatura; `notes` says what is left out, and why. */
export function findPeers(compile: boolean) {
  const notes: string[] = [];
  const torch = spawnSync(python, ['-c', 'import torch'], { encoding: 'utf8' }).status === 0;
  if (!torch)
    notes.push(`PyTorch is left out: "${python} -c 'import torch'" fails; VELATURA_PYTHON names another.`);
  const packages = installPackages();
  if (!packages) {
    notes.push('TensorFlow.js and onnxruntime-web are left out: "npm ci --prefix bench/peers" failed.');
  }
  return {
    fast: torch ? [...pytorch, ...(compile ? [compiled] : [])] : [],
    slow: packages ? [onnxruntimeWeb, tensorflow] : [],
    torch,
    packages,
    notes,
  };
}

/** Installs the peers' packages the first time. */
function installPackages(): boolean {
  if (existsSync(here('peers/node_modules/.package-lock.json'))) return true;
  process.stderr.write('Installing the packages of bench/peers ...\n');
  return spawnSync('npm', ['ci'], { cwd: here('peers'), shell: true }).status === 0;
}

/**
 * Starts a candidate with what it takes as its last argument, and waits until it is ready.
 * @throws Error with what it wrote on standard error if it ends before it should
 */
export async function startPeer(candidate: Candidate, argument: string): Promise<Peer> {
  const [program, ...args] = candidate.command;
  const ordered = program === python ? [args[0] as string, argument, ...args.slice(1)] : [...args, argument];
  const child = spawn(program as string, ordered);
  let complaints = '';
  child.stderr.on('data', (text) => {
    complaints = (complaints + text).slice(-2000);
  });
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  async function answer<T>(): Promise<T> {
    const { value, done } = await lines.next();
    if (!done) return JSON.parse(value) as T;
    await ended;
    throw new Error(`${candidate.name} stopped: ${complaints.trim()}`);
  }
  const ask = <T>(request: string): Promise<T> => {
    child.stdin.write(`${request}\n`);
    return answer<T>();
  };
  const { engine } = await answer<Ready>();
  return {
    ...candidate,
    engine,
    losses: () => ask<Values>('losses'),
    step: () => ask<Timed>('step'),
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
