import type { Picture } from './picture.ts';

/**
 * Resizes a picture with a Lanczos-3 filter, which is widened when shrinking so that nothing aliases. Weights are
 * normalised at the edges. Results may overshoot [0,1] a little at hard edges and are clamped.
 */
export function resample(picture: Picture, width: number, height: number): Picture {
  if (picture.width === width && picture.height === height) return picture;
  const data = clampInPlace(resamplePlanes(picture.data, picture.width, picture.height, width, height));
  if (!picture.alpha) return { width, height, data };
  const alpha = clampInPlace(resamplePlanes(picture.alpha, picture.width, picture.height, width, height));
  return { width, height, data, alpha };
}

/** Resizes planes of values `[planes, height, width]`, which stay as they are, without clamping them. */
export function resamplePlanes(
  data: Float32Array,
  width: number,
  height: number,
  toWidth: number,
  toHeight: number,
): Float32Array {
  const planes = data.length / (width * height);
  const across = resampleRows(data, planes * height, width, toWidth);
  return resampleColumns(across, planes, height, toHeight, toWidth);
}

interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/** For each place of the result, which places of the source it is made of, and how much of each. */
function filter(from: number, to: number): Taps[] {
  const ratio = from / to;
  const spread = Math.max(ratio, 1);
  const radius = 3 * spread;
  return Array.from({ length: to }, (_, i) => {
    const center = (i + 0.5) * ratio - 0.5;
    const first = Math.max(Math.ceil(center - radius), 0);
    const last = Math.min(Math.floor(center + radius), from - 1);
    const weights = Float64Array.from({ length: last - first + 1 }, (_, k) =>
      lanczos3((first + k - center) / spread),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

function lanczos3(x: number): number {
  if (x === 0) return 1;
  if (Math.abs(x) >= 3) return 0;
  const angle = Math.PI * x;
  return (3 * Math.sin(angle) * Math.sin(angle / 3)) / (angle * angle);
}

function resampleRows(data: Float32Array, rows: number, width: number, toWidth: number): Float32Array {
  if (width === toWidth) return data;
  const result = new Float32Array(rows * toWidth);
  const taps = filter(width, toWidth);
  // Row by row, as they lie in memory.
  for (let row = 0; row < rows; row++) {
    for (let x = 0; x < toWidth; x++) {
      const { first, weights } = taps[x] as Taps;
      const from = row * width + first;
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += (weights[k] as number) * (data[from + k] as number);
      result[row * toWidth + x] = sum;
    }
  }
  return result;
}

function resampleColumns(
  data: Float32Array,
  planes: number,
  height: number,
  toHeight: number,
  width: number,
) {
  if (height === toHeight) return data.slice();
  const result = new Float32Array(planes * toHeight * width);
  const line = new Float64Array(width);
  filter(height, toHeight).forEach(({ first, weights }, y) => {
    for (let plane = 0; plane < planes; plane++) {
      line.fill(0);
      for (let k = 0; k < weights.length; k++) {
        const from = (plane * height + first + k) * width;
        const weight = weights[k] as number;
        for (let x = 0; x < width; x++) line[x] = (line[x] as number) + weight * (data[from + x] as number);
      }
      result.set(line, (plane * toHeight + y) * width);
    }
  });
  return result;
}

/** Limits values to [0,1]. */
export function clampInPlace(data: Float32Array): Float32Array {
  for (let i = 0; i < data.length; i++) data[i] = Math.min(Math.max(data[i] as number, 0), 1);
  return data;
}
