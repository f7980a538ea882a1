import { fork } from 'node:child_process';
import { UserError } from '../../core/errors.ts';
import type { Finding } from './probe.ts';
import { turnTelemetryOff } from './telemetry.ts';

/** What does the arithmetic: the processor, or a GPU through WebGPU. */
export type Provider = 'cpu' | 'webgpu';

/** A provider, or `auto`: WebGPU where it works and is the faster one, else the processor. */
export type EngineChoice = Provider | 'auto';

const choices: readonly string[] = ['cpu', 'webgpu', 'auto'] satisfies EngineChoice[];

/**
 * Takes a word for a choice of engine.
 * @throws UserError naming the choices, when it is none of them
 */
export function checkEngineChoice(word: string): EngineChoice {
  if (choices.includes(word)) return word as EngineChoice;
  throw new UserError(`There is no engine "${word}": choose cpu, webgpu or auto.`);
}

/**
 * Finds out which provider to use. All but `cpu` try WebGPU out the first time, which takes about a second.
 * @param onNote told in a sentence when `auto` does without WebGPU, and why, or when WebGPU is the slower one
 * @throws UserError when WebGPU is asked for and does not work here, or the choice is none that there is
 */
export async function chooseProvider(
  choice: EngineChoice,
  onNote?: (sentence: string) => void,
): Promise<Provider> {
  if (checkEngineChoice(choice) === 'cpu') return 'cpu';
  tried ??= tryWebgpu();
  const { provider, note } = decide(choice, await tried);
  if (note !== undefined) onNote?.(note);
  return provider;
}

let tried: Promise<Finding> | undefined;

/** What to use, given what the trial of WebGPU has found. */
export function decide(choice: EngineChoice, finding: Finding): { provider: Provider; note?: string } {
  if (choice === 'cpu') return { provider: 'cpu' };
  if ('failure' in finding) {
    const why = reason(finding.failure);
    if (choice === 'auto') return { provider: 'cpu', note: `${why}; the processor is used instead.` };
    throw new UserError(`${why}: choose the engine cpu, or auto.`);
  }
  // A GPU that the processor only imitates works too, a hundred times slower.
  if (finding.webgpu < finding.cpu) return { provider: 'webgpu' };
  const slower = 'WebGPU is slower here than the processor';
  return choice === 'auto'
    ? { provider: 'cpu', note: `${slower}, which is used instead.` }
    : { provider: 'webgpu', note: `${slower}: the engine cpu would be faster.` };
}

/** The beginning of a sentence. */
function reason(failure: string): string {
  if (!/WebGPU adapter/i.test(failure)) return `WebGPU does not work here (${failure})`;
  const needed = process.platform === 'linux' ? ' (on Linux it takes a GPU and its Vulkan driver)' : '';
  return `No adapter for WebGPU was found${needed}`;
}

/**
 * Tries WebGPU out in a process of its own: what graphics drivers print stays out of ours, and so do their crashes.
 * It never fails; what goes wrong is in what it found.
 */
function tryWebgpu(): Promise<Finding> {
  turnTelemetryOff();
  return new Promise((resolve) => {
    const child = fork(new URL('./probe.js', import.meta.url), {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      timeout: PATIENCE,
      killSignal: 'SIGKILL',
    });
    child.once('message', (finding) => {
      resolve(finding as Finding);
      // Some drivers hang when they are let go.
      child.kill('SIGKILL');
    });
    child.once('error', ({ message }) => resolve({ failure: message }));
    child.once('exit', (code, signal) =>
      resolve({ failure: `its trial ended with ${signal ?? `code ${code}`}` }),
    );
  });
}

/** Milliseconds for the trial. Drivers may take seconds to translate their first programs. */
const PATIENCE = 60_000;
