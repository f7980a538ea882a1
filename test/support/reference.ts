/*
 * The inputs that the numbers in fixtures/ were computed from, in float64 with PyTorch. They are made of a hash so
 * that any language can make the same ones.
 */

/** `count` values in [-1,1), the hash of the integers from `start`. */
export function noise(start: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    let x = Math.imul(start + i, 2654435761) >>> 0;
    x = Math.imul(x ^ (x >>> 15), 2246822519) >>> 0;
    x = (x ^ (x >>> 13)) >>> 0;
    return (x / 2 ** 32) * 2 - 1;
  });
}

/** A picture of waves and noise: planar RGB in [0,1]. */
export function image(seed: number, height: number, width: number): Float32Array {
  const area = height * width;
  const result = new Float32Array(3 * area);
  for (let c = 0; c < 3; c++) {
    const grain = noise(seed * 1000003 + c * 65537 + 1, area);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const wave = Math.sin(0.21 * (c + 1) * x + 0.13 * y + seed) * Math.cos(0.17 * y - 0.05 * (c + 1) * x);
        const value = 0.5 + 0.35 * wave + 0.1 * (grain[y * width + x] as number);
        result[c * area + y * width + x] = Math.min(Math.max(value, 0), 1);
      }
    }
  }
  return result;
}

/** The largest difference between two series, relative to the largest value of the expected one. */
export function relativeError(actual: Iterable<number>, expected: readonly number[]): number {
  const values = [...actual];
  if (values.length !== expected.length) return Number.POSITIVE_INFINITY;
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(value - (values[i] as number)))) / largest;
}

/** Every n-th value. */
export function every(n: number, values: Float32Array): number[] {
  return Array.from({ length: Math.ceil(values.length / n) }, (_, i) => values[i * n] as number);
}

export function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
