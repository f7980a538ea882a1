import { type ChildProcess, fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { KEEPS_FREED_MEMORY } from '../../node/index.ts';
import type { Answer, Order, Request } from './protocol.ts';

/** A process that paints one painting. */
export interface Child {
  readonly pid: number | undefined;
  ask(request: Request): void;
  /** Ends it at once, whatever it is doing. */
  kill(): void;
  /** Settles when it is gone, with what it said last or the reason why it said nothing. */
  readonly gone: Promise<string>;
}

/** So much of what it printed last is kept for the reason. */
const LAST_WORDS = 2000;

/** @param heard called for all that it says, in its order */
export function startChild(order: Order, heard: (answer: Answer) => void): Child {
  const child = fork(new URL('../painter/main.js', import.meta.url), [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // What Node was started with is for the server.
    execArgv: [],
    env: { ...process.env, ...KEEPS_FREED_MEMORY },
  });
  giveWay(child);
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-LAST_WORDS);
  });
  child.on('message', (answer: Answer) => heard(answer));
  const gone = new Promise<string>((resolve) => {
    let failure: string | undefined;
    child.on('error', (error) => {
      failure = error.message;
      if (child.pid === undefined) resolve(`Its process could not be started (${failure}).`);
    });
    child.on('close', (code, signal) => resolve(reasonOf(code, signal, words, failure)));
  });
  const ask = (request: Request) => send(child, request);
  ask(order);
  return { pid: child.pid, ask, kill: () => void child.kill('SIGKILL'), gone };
}

/** Painting takes all the processor there is: whoever asks the server something should not have to wait for it. */
function giveWay({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It is gone already, or the system knows no priorities.
  }
}

function send(child: ChildProcess, request: Request): void {
  // One that is gone says so by itself.
  if (child.connected) child.send(request, () => {});
}

function reasonOf(
  code: number | null,
  signal: NodeJS.Signals | null,
  words: string,
  failure: string | undefined,
): string {
  if (signal === 'SIGKILL') {
    return 'Its process was killed, as systems do when memory runs out; try a smaller size.';
  }
  const [line] = words.trim().split('\n').slice(-1);
  const told = failure ?? line;
  const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
  return `Its process ${how}${told ? ` (${told})` : ''}.`;
}
