import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { Engine, Program } from '../../core/engine.ts';
import { EngineError } from '../../core/errors.ts';
import type { Answer, Request, WorkerOptions } from './protocol.ts';

export interface EngineOptions {
  /** Threads for the arithmetic; as many as the processor has physical cores when left out. */
  readonly threads?: number;
}

type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;

/** An engine on ONNX Runtime's CPU provider, in a thread of its own so that the caller's event loop stays free. */
export function createEngine({ threads = 0 }: EngineOptions = {}): Engine {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  const name = `onnxruntime-node ${version} (cpu${threads > 0 ? `, ${threads} threads` : ''})`;
  const options: WorkerOptions = { threads };
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: options });
  const waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  let requests = 0;
  let programs = 0;
  let gone: EngineError | undefined;

  const fail = (reason: string) => {
    gone ??= new EngineError(`${name} stopped: ${reason}`);
    for (const { reject } of waiting.values()) reject(gone);
    waiting.clear();
  };
  worker.on('message', (answer: Answer) => {
    waiting.get(answer.id)?.resolve(answer);
    waiting.delete(answer.id);
    if (waiting.size === 0) worker.unref();
  });
  worker.on('error', (error) => fail(error.message));
  worker.on('exit', (code) => fail(`its thread ended with code ${code}`));
  worker.unref();

  async function ask(
    request: Unnumbered<Request>,
    transfer: ArrayBuffer[] = [],
  ): Promise<Record<string, Float32Array>> {
    if (gone) throw gone;
    const id = requests++;
    // The thread keeps the process alive only while somebody waits for it.
    worker.ref();
    const answer = await new Promise<Answer>((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker.postMessage({ ...request, id }, transfer);
    });
    if ('error' in answer) throw new EngineError(`${name} failed: ${answer.error}`);
    return answer.outputs;
  }

  async function compile(model: Uint8Array): Promise<Program> {
    const program = programs++;
    await ask({ kind: 'compile', program, model }, [model.buffer as ArrayBuffer]);
    return {
      run: (feeds, fetches) => ask({ kind: 'run', program, feeds, fetches }),
      release: async () => {
        if (!gone) await ask({ kind: 'release', program });
      },
    };
  }

  return { name, compile, close: async () => void (await worker.terminate()) };
}
