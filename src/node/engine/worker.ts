import { MessageChannel, parentPort, workerData } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';
import type { Feeds } from '../../core/engine.ts';
import { type Answer, BUSY, LEAVING, type Request, type WorkerOptions } from './protocol.ts';
import { webgpu } from './webgpu.ts';

/*
 * The engine's thread. ONNX Runtime's binding for Node blocks the thread that calls it for the whole run, which for
 * a large picture is many seconds; here it blocks nobody.
 */

interface Loaded {
  readonly session: ort.InferenceSession;
  /** The last value of every input, and of those of programs that share them. */
  readonly feeds: Record<string, ort.Tensor>;
}

const { provider, threads, state } = workerData as WorkerOptions;
ort.env.logLevel = 'fatal';
const port = parentPort;
const programs = new Map<number, Loaded>();

/** What is done now, and all that was asked for before. One at a time: a run may change what the next one reads. */
let done = Promise.resolve();

port?.on('message', (request: Request) => {
  done = done.then(() => respond(request));
});

async function respond(request: Request): Promise<void> {
  Atomics.store(state, BUSY, 1);
  // Looked at after that, so that whoever leaves either is seen here or waits.
  if (Atomics.load(state, LEAVING) === 1) {
    rest();
    return;
  }
  const answer = await handle(request).catch(
    (error: unknown): Answer => ({ id: request.id, error: String(error) }),
  );
  rest();
  const buffers =
    'outputs' in answer ? Object.values(answer.outputs).map(({ buffer }) => buffer as ArrayBuffer) : [];
  port?.postMessage(answer, buffers);
}

function rest(): void {
  Atomics.store(state, BUSY, 0);
  Atomics.notify(state, BUSY);
}

async function handle(request: Request): Promise<Answer> {
  const { id } = request;
  if (request.kind === 'compile') {
    const session = await ort.InferenceSession.create(request.model, {
      // What WebGPU cannot do, ONNX Runtime does on the processor.
      executionProviders: [provider === 'webgpu' ? webgpu(request.model) : provider],
      intraOpNumThreads: threads,
      graphOptimizationLevel: 'all',
      // A pattern would hold room for all values of a run beside what the allocator has: a quarter more memory, no faster.
      enableMemPattern: false,
      enableCpuMemArena: !request.frugal,
      // Threads that spin while they wait gain nothing on an idle machine and halve the speed of a busy one.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
      // What goes wrong comes back as an exception; ONNX Runtime would print it as well.
      logSeverityLevel: 4,
    });
    forget(request.model.buffer as ArrayBuffer);
    const { feeds = {} } = (request.sharing !== undefined && programs.get(request.sharing)) || {};
    programs.set(request.program, { session, feeds });
    return { id, outputs: {} };
  }
  const loaded = programs.get(request.program);
  if (!loaded) throw new Error('the program has been released');
  if (request.kind === 'release') {
    programs.delete(request.program);
    await loaded.session.release();
    return { id, outputs: {} };
  }
  if (request.kind === 'write') {
    write(loaded, request.input, request.at, request.values);
    forget(request.values.buffer as ArrayBuffer);
    return { id, outputs: {} };
  }
  if (request.kind === 'read') {
    const { input, at, length } = request;
    return { id, outputs: { [input]: read(loaded, input, at, length) } };
  }
  return { id, outputs: await run(loaded, request.feeds, request.fetches) };
}

/**
 * Frees the memory of a buffer now: sent to where nobody listens. The garbage collector would leave hundreds of megabytes of models
 * and of values lying beside the runs.
 */
function forget(buffer: ArrayBuffer): void {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  port1.postMessage(undefined, [buffer]);
  port1.close();
}

async function run(
  { session, feeds }: Loaded,
  values: Feeds,
  fetches: readonly string[],
): Promise<Record<string, Float32Array>> {
  for (const { name, ...metadata } of session.inputMetadata) {
    const value = values[name];
    if (value && metadata.isTensor)
      feeds[name] = new ort.Tensor('float32', value, metadata.shape as number[]);
  }
  const own = Object.fromEntries(session.inputNames.map((name) => [name, feeds[name] as ort.Tensor]));
  const results = Object.fromEntries(fetches.map((name) => [name, room(session, name)]));
  await session.run(own, results);
  return Object.fromEntries(
    fetches.map((name) => [name, (results[name] as ort.Tensor).data as Float32Array]),
  );
}

/** For ONNX Runtime to write an output to: what is in its own memory would have to be copied to be handed over to the other thread. */
function room({ outputMetadata }: ort.InferenceSession, name: string): ort.Tensor {
  const output = outputMetadata.find((candidate) => candidate.name === name);
  if (!output?.isTensor) throw new Error(`there is no output "${name}"`);
  const shape = output.shape as number[];
  return new ort.Tensor('float32', new Float32Array(count(shape)), shape);
}

/** Replaces a part of an input's value: zero where it has been given none. */
function write(loaded: Loaded, name: string, at: number, values: Float32Array): void {
  const shape = shapeWith(loaded, name, at, values.length);
  loaded.feeds[name] ??= new ort.Tensor('float32', new Float32Array(count(shape)), shape);
  (loaded.feeds[name].data as Float32Array).set(values, at);
}

/** A part of an input's present value: zero where it has been given none. */
function read(loaded: Loaded, name: string, at: number, length: number): Float32Array {
  shapeWith(loaded, name, at, length);
  const value = loaded.feeds[name]?.data as Float32Array | undefined;
  return value ? value.slice(at, at + length) : new Float32Array(length);
}

/** The shape of an input that has such a part. */
function shapeWith({ session }: Loaded, name: string, at: number, length: number): number[] {
  const metadata = session.inputMetadata.find((input) => input.name === name);
  if (!metadata?.isTensor) throw new Error(`there is no input "${name}"`);
  const shape = metadata.shape as number[];
  const size = count(shape);
  if (at < 0 || length < 0 || at + length > size) {
    throw new Error(`the input "${name}" has ${size} values, and none from ${at} to ${at + length}`);
  }
  return shape;
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}
