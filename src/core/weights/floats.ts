/** How many bytes a value of each kind of floating-point number takes, by safetensors' names of the kinds. */
export const floatBytes = { F64: 8, F32: 4, F16: 2, BF16: 2 } as const;

export type FloatKind = keyof typeof floatBytes;

/**
 * Little-endian floating-point numbers as float32.
 * @param bytes a whole number of values; float32 values that have their memory to themselves stay where they are
 */
export function decodeFloats(kind: FloatKind, bytes: Uint8Array): Float32Array {
  // Typed arrays read numbers in the order of the machine: every platform that Node and browsers run on is
  // little-endian. They have to start at a multiple of the number's size; hence the copy (`slice` would not do: that of
  // Node's Buffer copies nothing).
  const buffer = bytes.length === bytes.buffer.byteLength ? bytes.buffer : new Uint8Array(bytes).buffer;
  if (kind === 'F32') return new Float32Array(buffer);
  if (kind === 'F64') return Float32Array.from(new Float64Array(buffer));
  const halves = new Uint16Array(buffer);
  if (kind === 'F16') {
    const table = halfTable();
    return Float32Array.from(halves, (half) => table[half] as number);
  }
  // bfloat16 is the upper half of a float32.
  return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
}

let halves: Float32Array | undefined;

/** The value of each of the 65,536 half-precision numbers, made when first asked for. */
function halfTable(): Float32Array {
  halves ??= Float32Array.from({ length: 65536 }, (_, bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    return sign * (1024 + fraction) * 2 ** (exponent - 25);
  });
  return halves;
}
