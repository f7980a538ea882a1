import { type Outputs, serialize } from './graph/index.ts';

/** What runs a graph. `core` receives one as an argument and knows nothing of its kind. */
export interface Engine {
  /** For people, as in `onnxruntime-node 1.30.0 (cpu, 2 threads)`. */
  readonly name: string;
  /**
   * Compiles a serialised ONNX model. The array is handed over and must not be used afterwards.
   * @throws EngineError when the engine cannot take the model.
   */
  compile(model: Uint8Array, options?: CompileOptions): Promise<Program>;
  /** Frees what the engine holds. Programs made by it are gone afterwards. */
  close(): Promise<void>;
}

export interface CompileOptions {
  /** Whether memory is given back after each run, rather than kept for the next: for programs that take turns. */
  readonly frugal?: boolean;
  /** The inputs of another program, whose values this one has as well where names and shapes are the same. */
  readonly inputs?: Inputs;
}

/** Stands for the values that a program's inputs have in the engine. */
export interface Inputs {
  readonly kind: 'inputs';
}

export type Feeds = Readonly<Record<string, Float32Array>>;

/** A compiled graph. */
export interface Program {
  /** Its inputs, to be shared with other programs. */
  readonly inputs: Inputs;
  /**
   * Runs the graph once.
   * @param feeds values of inputs, by name, in row-major order; an input keeps its value until it is given another
   * @param fetches the outputs to bring back
   * @throws EngineError when the run fails, for example for want of memory.
   */
  run(feeds: Feeds, fetches: readonly string[]): Promise<Record<string, Float32Array>>;
  /**
   * Replaces a part of an input's value, which is zero to begin with. The array is handed over with its buffer.
   * @throws EngineError when there is no such input, or it is not so long; so does `read`
   */
  write(input: string, at: number, values: Float32Array): Promise<void>;
  /** Reads a part of an input's present value. */
  read(input: string, at: number, length: number): Promise<Float32Array>;
  /** Frees the compiled graph and its memory. */
  release(): Promise<void>;
}

/**
 * Compiles a graph for a single run.
 * @returns all its outputs, by name
 * @throws EngineError as `compile` and `run`
 */
export async function runOnce(
  engine: Engine,
  outputs: Outputs,
  feeds: Feeds,
): Promise<Record<string, Float32Array>> {
  const program = await engine.compile(serialize(outputs), { frugal: true });
  try {
    return await program.run(feeds, Object.keys(outputs));
  } finally {
    await program.release();
  }
}

/** What holds something of an engine until it is released. */
export interface Holder {
  release(): Promise<void>;
}

/** Takes note of what is opened together, to release it together. */
export interface Held extends Holder {
  keep<One extends Holder>(one: One): One;
}

/**
 * Opens what belongs together. When opening fails, what was kept until then is released.
 * @param open is given what it keeps things with, and releases them by afterwards; all of them, also when releasing one fails
 * @throws as `open`
 */
export async function openTogether<Opened>(open: (held: Held) => Promise<Opened>): Promise<Opened> {
  const all: Holder[] = [];
  const held: Held = {
    keep(one) {
      all.push(one);
      return one;
    },
    async release() {
      const released = await Promise.allSettled(all.map((one) => one.release()));
      for (const result of released) if (result.status === 'rejected') throw result.reason;
    },
  };
  try {
    return await open(held);
  } catch (error) {
    // Why it could not be opened says more than why something could not be released after that.
    await held.release().catch(() => {});
    throw error;
  }
}
