import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { badRequest } from '../errors.ts';
import { within } from '../within.ts';
import type { Answer, Inspection, Request } from './protocol.ts';

/** Looks at uploads as a whole, in a thread of its own: pictures for damage, and regions for whether they fit. */
export interface Inspector {
  /**
   * Comes back when they are looked at, or when time is up: what is wrong with them is then for the painting to say.
   * @param milliseconds for which somebody waits
   * @throws ApiError with what is wrong
   */
  inspect(inspection: Inspection, milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

/** The pictures of so many forms are decoded at once: a core is left to answer, and they take far more memory than their files. */
const AT_ONCE = Math.min(Math.max(availableParallelism() - 1, 1), 4);

/** Milliseconds that a look may take, before there was one. */
const FIRST_GUESS = 50;

export function startInspector(): Inspector {
  const inTurn = within(AT_ONCE);
  /** Forms that are looked at, or wait for it. */
  let forms = 0;
  /** Milliseconds that a look takes, as they were of late. */
  let usual = FIRST_GUESS;
  const waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  let requests = 0;
  let worker: Worker | undefined;

  function start(): Worker {
    const started = new Worker(new URL('./inspect-thread.js', import.meta.url), {
      // What Node was started with is for the server.
      execArgv: [],
    });
    started.unref();
    started.on('message', (answer: Answer) => {
      waiting.get(answer.id)?.resolve(answer);
      waiting.delete(answer.id);
    });
    let reason = 'it ended';
    started.on('error', (error) => {
      reason = error.message;
    });
    // The next one who asks gets another.
    started.on('exit', () => {
      worker = undefined;
      const failure = badRequest(`The pictures cannot be looked at here (${reason}); reduce them first.`);
      for (const { reject } of waiting.values()) reject(failure);
      waiting.clear();
    });
    return started;
  }

  async function ask(inspection: Inspection): Promise<void> {
    worker ??= start();
    const id = requests++;
    const answer = await new Promise<Answer>((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker?.postMessage({ id, inspection } satisfies Request);
    });
    if (answer.refusal !== undefined) throw badRequest(answer.refusal);
    if (answer.error !== undefined) throw new Error(answer.error);
  }

  worker = start();

  return {
    async inspect(inspection, milliseconds) {
      // Whose turn cannot come in time need not wait for it.
      if ((forms / AT_ONCE) * usual > milliseconds) return;
      let late = false;
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(() => {
          late = true;
          resolve();
        }, milliseconds);
      });
      forms++;
      const looked = inTurn(1, async () => {
        if (late) return;
        const began = performance.now();
        await ask(inspection);
        usual += (performance.now() - began - usual) / 4;
      }).finally(() => forms--);
      try {
        await Promise.race([looked, patience]);
      } finally {
        clearTimeout(timer);
      }
    },
    async close() {
      await worker?.terminate();
    },
  };
}
