import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { CompileOptions, Engine, Inputs, Program } from '../../core/engine.ts';
import { EngineError } from '../../core/errors.ts';
import { type Answer, BUSY, LEAVING, type Request, type WorkerOptions } from './protocol.ts';
import type { Provider } from './provider.ts';
import { turnTelemetryOff } from './telemetry.ts';

export interface EngineOptions {
  /**
   * What does the arithmetic: `cpu` when left out. Whether `webgpu` works here is for `chooseProvider` to say; without an
   * adapter such an engine cannot compile anything.
   */
  readonly provider?: Provider;
  /** Threads for the arithmetic; as many as the processor has physical cores when left out. */
  readonly threads?: number;
}

type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;

/** An engine on ONNX Runtime, in a thread of its own so that the caller's event loop stays free. */
export function createEngine({ provider = 'cpu', threads = 0 }: EngineOptions = {}): Engine {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  const name = `onnxruntime-node ${version} (${provider}${threads > 0 ? `, ${threads} ${threads === 1 ? 'thread' : 'threads'}` : ''})`;
  const state = new Int32Array(new SharedArrayBuffer(8));
  turnTelemetryOff();
  const options: WorkerOptions = { provider, threads, state };
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: options,
    // What Node was started with is for the caller's code.
    execArgv: [],
  });
  const turn = provider === 'webgpu' ? takeTurn : <T>(work: () => Promise<T>) => work();
  const waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  const running = new Set<Promise<Answer>>();
  let requests = 0;
  let programs = 0;
  const owners = new WeakMap<Inputs, number>();
  let gone: EngineError | undefined;

  const fail = (reason: string) => {
    gone ??= new EngineError(`${name} stopped: ${reason}`);
    for (const { reject } of waiting.values()) reject(gone);
    waiting.clear();
    // A thread that ended in the middle of something will not say that it is done.
    Atomics.store(state, BUSY, 0);
  };
  worker.on('message', (answer: Answer) => {
    waiting.get(answer.id)?.resolve(answer);
    waiting.delete(answer.id);
    if (waiting.size === 0) worker.unref();
  });
  worker.on('error', (error) => fail(error.message));
  worker.on('exit', (code) => fail(`its thread ended with code ${code}`));
  worker.unref();
  // A process that ends while ONNX Runtime runs in another thread is aborted by it, whatever its exit code was to be.
  const waitForRun = () => {
    Atomics.store(state, LEAVING, 1);
    Atomics.wait(state, BUSY, 1);
  };
  process.once('exit', waitForRun);

  async function ask(
    request: Unnumbered<Request>,
    transfer: ArrayBuffer[] = [],
  ): Promise<Record<string, Float32Array>> {
    const answer = await turn(() => {
      if (gone) throw gone;
      const id = requests++;
      // The thread keeps the process alive only while somebody waits for it.
      worker.ref();
      const answered = new Promise<Answer>((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        worker.postMessage({ ...request, id }, transfer);
      });
      running.add(answered);
      return answered.finally(() => running.delete(answered));
    });
    if ('error' in answer) throw new EngineError(`${name} failed: ${answer.error}`);
    return answer.outputs;
  }

  async function compile(
    model: Uint8Array,
    { frugal = false, inputs: shared }: CompileOptions = {},
  ): Promise<Program> {
    const program = programs++;
    await ask({ kind: 'compile', program, model, frugal, sharing: shared && owners.get(shared) }, [
      model.buffer as ArrayBuffer,
    ]);
    const inputs: Inputs = { kind: 'inputs' };
    owners.set(inputs, program);
    return {
      inputs,
      run: (feeds, fetches) => ask({ kind: 'run', program, feeds, fetches }),
      write: async (input, at, values) => {
        await ask({ kind: 'write', program, input, at, values }, [values.buffer as ArrayBuffer]);
      },
      read: async (input, at, length) => {
        const found = await ask({ kind: 'read', program, input, at, length });
        return found[input] as Float32Array;
      },
      release: async () => {
        if (!gone) await ask({ kind: 'release', program });
      },
    };
  }

  async function close(): Promise<void> {
    gone ??= new EngineError(`${name} has been closed`);
    // A thread that is ended in the middle of a run takes the process with it.
    await Promise.allSettled(running);
    process.off('exit', waitForRun);
    await turn(() => worker.terminate());
  }

  return { name, compile, close };
}

/** The last of those who wait for the GPU. */
let queue: Promise<unknown> = Promise.resolve();

/**
 * Does the work when all engines on WebGPU have done what they were asked before: two of their threads in ONNX Runtime at
 * once crash the process (microsoft/onnxruntime#32561).
 */
function takeTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = queue.then(work);
  queue = done.catch(() => {});
  return done;
}
