import { addScaled } from './vector.ts';

/*
 * Arrays of a large picture's size need not be in memory: they can lie in a store, and be worked through piece by piece.
 */

/** Where large arrays lie. `core` receives one as an argument, as it receives its engine. */
export interface Store {
  /**
   * Room for so many float32 values, zero to begin with.
   * @throws UserError when there is no such room; so do the functions of what it gives
   */
  create(length: number): Stored;
}

/** Float32 values in a store. They are gone when they are released, or nobody holds them any more. */
export interface Stored {
  readonly length: number;
  /** Fills an array with the values from a place on. */
  read(at: number, into: Float32Array): void;
  write(at: number, values: Float32Array): void;
  /** The same values once more, which are there until both are released. */
  share(): Stored;
  release(): void;
}

/** Float32 values in memory or in a store. */
export type Floats = Float32Array | Stored;

/** Zeros: in memory where there is no store. */
export function zeros(length: number, store?: Store): Floats {
  return store ? store.create(length) : new Float32Array(length);
}

/** Some of the values, which must not be changed: their own memory where they are in memory, or else a copy. */
export function view(values: Floats, at: number, length: number): Float32Array {
  if (values instanceof Float32Array) return values.subarray(at, at + length);
  const result = new Float32Array(length);
  values.read(at, result);
  return result;
}

/** All values at once: themselves where they are in memory, or else a copy. */
export function loaded(values: Floats): Float32Array {
  return values instanceof Float32Array ? values : view(values, 0, values.length);
}

/** Copies some of the values into an array of that length. */
export function copyInto(result: Float32Array, values: Floats, at: number): void {
  if (values instanceof Float32Array) result.set(values.subarray(at, at + result.length));
  else values.read(at, result);
}

/** Replaces some of the values. */
export function put(values: Floats, at: number, part: Float32Array): void {
  if (values instanceof Float32Array) values.set(part, at);
  else values.write(at, part);
}

/** Changes some of the values in place. */
export function update(
  values: Floats,
  at: number,
  length: number,
  change: (part: Float32Array) => void,
): void {
  const part = view(values, at, length);
  change(part);
  if (!(values instanceof Float32Array)) values.write(at, part);
}

/** A copy: in memory where there is no store. */
export function copied(values: Floats, store?: Store): Floats {
  const result = zeros(values.length, store);
  if (result instanceof Float32Array) {
    copyInto(result, values, 0);
    return result;
  }
  inPieces([result], [values], ([to], [from]) => to.set(from));
  return result;
}

/** The same values for somebody else, who releases them as well. */
export function shared(values: Floats): Floats {
  return values instanceof Float32Array ? values : values.share();
}

/** The values in the store, if there is one and they are in none yet. */
export function kept(values: Floats, store?: Store): Floats {
  return store && values instanceof Float32Array ? copied(values, store) : values;
}

/**
 * The values with a change to each of them. Those in a store stay as they are, and are changed as they are read.
 * @param change changes some of them in place
 */
export function mapped(values: Floats, change: (part: Float32Array) => void): Floats {
  if (values instanceof Float32Array) {
    const result = values.slice();
    change(result);
    return result;
  }
  return computed(values.length, (at, into) => {
    values.read(at, into);
    change(into);
  });
}

/** `a - b`, for as long as both are there: computed as it is read. */
export function minus(a: Floats, b: Floats): Floats {
  return computed(a.length, (at, into) => {
    const [from, less] = [view(a, at, into.length), view(b, at, into.length)];
    addScaled(into, from, -1, less);
  });
}

function computed(length: number, read: Stored['read']): Stored {
  const seen: Stored = {
    length,
    read,
    write() {
      throw new Error('Values that are computed as they are read cannot be written.');
    },
    share: () => seen,
    release: () => {},
  };
  return seen;
}

/** Frees room in a store that nobody needs any more. */
export function release(values: Floats): void {
  if (!(values instanceof Float32Array)) values.release();
}

/** Values that are worked through at a time: 4 MB of each array. */
const PIECE = 1 << 20;

/** Values in pieces, each as `view` gives it. */
export function* piecesOf(values: Floats): Generator<Float32Array> {
  for (let at = 0; at < values.length; at += PIECE) {
    yield view(values, at, Math.min(PIECE, values.length - at));
  }
}

type InMemory<A extends readonly Floats[]> = { [K in keyof A]: Float32Array };

/**
 * Works through arrays of one length together, piece by piece; in one piece where all are in memory.
 * @param changed those that `work` changes in place
 * @param given those that it only reads
 */
export function inPieces<const C extends readonly Floats[], const G extends readonly Floats[]>(
  changed: C,
  given: G,
  work: (changed: InMemory<C>, given: InMemory<G>) => void,
): void {
  const all = [...changed, ...given];
  const length = all[0]?.length ?? 0;
  const piece = all.every((values) => values instanceof Float32Array) ? length : PIECE;
  for (let at = 0; at < length; at += piece) {
    const parts = all.map((values) => view(values, at, Math.min(piece, length - at)));
    work(parts.slice(0, changed.length) as InMemory<C>, parts.slice(changed.length) as InMemory<G>);
    for (const [i, values] of changed.entries()) {
      if (!(values instanceof Float32Array)) values.write(at, parts[i] as Float32Array);
    }
  }
}
