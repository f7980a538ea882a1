/** The inner product, accumulated in float64 in four sums, which engines overlap. */
export function dot(a: Float32Array, b: Float32Array): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const whole = a.length - (a.length % 4);
  for (let i = 0; i < whole; i += 4) {
    s0 += (a[i] as number) * (b[i] as number);
    s1 += (a[i + 1] as number) * (b[i + 1] as number);
    s2 += (a[i + 2] as number) * (b[i + 2] as number);
    s3 += (a[i + 3] as number) * (b[i + 3] as number);
  }
  for (let i = whole; i < a.length; i++) s0 += (a[i] as number) * (b[i] as number);
  return s0 + s1 + (s2 + s3);
}

/** Writes `a + factor * b` to `result`, which may be one of them. */
export function addScaled(result: Float32Array, a: Float32Array, factor: number, b: Float32Array): void {
  for (let i = 0; i < result.length; i++) result[i] = (a[i] as number) + factor * (b[i] as number);
}
