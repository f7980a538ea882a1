/** A value as it goes to the database: bytes as they are, nothing, or text. */
export type Bound = Uint8Array | string | null;

const FIRST_BYTES = 2 ** 16;

/**
 * Writes messages into memory that is used again: the next one is written over the last. PGlite's own writer copies a picture six
 * times, and the garbage of fifty that come at once takes about as long to remove as they take to be written.
 * @returns what writes a message that hands values to a prepared statement, as PostgreSQL's protocol has it, between others
 */
export function binder(): (
  before: Uint8Array,
  statement: string,
  values: readonly Bound[],
  after: Uint8Array,
) => Uint8Array {
  let memory = Buffer.allocUnsafeSlow(FIRST_BYTES);
  return (before, statement, values, after) => {
    const all = values.map((value) => (typeof value === 'string' ? Buffer.from(value) : value));
    const bytes = all.reduce((sum, value) => sum + 6 + (value?.length ?? 0), 0);
    const length = 4 + 1 + Buffer.byteLength(statement) + 1 + 2 + 2 + 2 + bytes;
    const whole = before.length + 1 + length + after.length;
    if (memory.length < whole) memory = Buffer.allocUnsafeSlow(whole);
    memory.set(before);
    let at = memory.write('B', before.length) + before.length;
    at = memory.writeInt32BE(length, at);
    // The portal has no name.
    at = memory.writeUInt8(0, at);
    at += memory.write(statement, at);
    at = memory.writeUInt8(0, at);
    at = memory.writeInt16BE(all.length, at);
    for (const value of values) at = memory.writeInt16BE(value instanceof Uint8Array ? 1 : 0, at);
    at = memory.writeInt16BE(all.length, at);
    for (const value of all) {
      at = memory.writeInt32BE(value?.length ?? -1, at);
      if (!value) continue;
      memory.set(value, at);
      at += value.length;
    }
    // What comes back comes as text.
    at = memory.writeInt16BE(0, at);
    memory.set(after, at);
    return memory.subarray(0, whole);
  };
}
