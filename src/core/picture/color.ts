import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { Picture } from './picture.ts';

/*
 * Colours carried from one picture to another (Gatys, Bethge, Hertzmann & Shechtman 2016, *Preserving color in neural
 * artistic style transfer*).
 */

/** The weights of red, green and blue in brightness, as in the YIQ of that paper. */
const LUMA = [0.299, 0.587, 0.114] as const;

/** How bright each pixel is, in [0,1]. */
export function luminance({ data }: Picture): Float32Array {
  const area = data.length / 3;
  return Float32Array.from({ length: area }, (_, i) =>
    LUMA.reduce((sum, weight, c) => sum + weight * (data[c * area + i] as number), 0),
  );
}

/** The picture in grey. */
export function grey(picture: Picture): Picture {
  return withGrey(picture, luminance(picture));
}

/** The brightness of one picture in the colours of another of the same size: what differs is added to all channels. */
export function recolor(brightness: Picture, colors: Picture): Picture {
  const from = luminance(colors);
  const to = luminance(brightness);
  const area = to.length;
  const data = colors.data.map((value, i) => value + (to[i % area] as number) - (from[i % area] as number));
  return { ...brightness, data: clamped(data) };
}

/** A picture in grey whose brightness has the mean and spread of another's. */
export function matchLuminance(picture: Picture, like: Picture): Picture {
  const values = luminance(picture);
  const own = spread(values);
  const wanted = spread(luminance(like));
  const factor = own.deviation > 0 ? wanted.deviation / own.deviation : 1;
  return withGrey(
    picture,
    values.map((value) => wanted.mean + factor * (value - own.mean)),
  );
}

/**
 * The picture with the mean and covariance of another's colours. Of all linear maps that give it these, the one that
 * moves colours least: `A = S^(-1/2) (S^(1/2) C S^(1/2))^(1/2) S^(-1/2)` for covariances S and C.
 */
export function matchColors(picture: Picture, like: Picture): Picture {
  const own = distribution(picture);
  const wanted = distribution(like);
  const root = power(own.covariance, 0.5);
  const inverse = power(own.covariance, -0.5);
  const map = inverse.mmul(power(root.mmul(wanted.covariance).mmul(root), 0.5)).mmul(inverse);
  const area = picture.data.length / 3;
  const data = picture.data.map((_, i) => {
    const [to, at] = [Math.floor(i / area), i % area];
    let value = wanted.mean[to] as number;
    for (let from = 0; from < 3; from++) {
      value += map.get(to, from) * ((picture.data[from * area + at] as number) - (own.mean[from] as number));
    }
    return value;
  });
  return { ...picture, data: clamped(data) };
}

function distribution({ data }: Picture): { mean: number[]; covariance: Matrix } {
  const area = data.length / 3;
  const channels = [0, 1, 2].map((c) => data.subarray(c * area, (c + 1) * area));
  const mean = channels.map((values) => values.reduce((sum, value) => sum + value, 0) / area);
  const covariance = channels.map((a, i) =>
    channels.map((b, j) => {
      let sum = 0;
      for (let k = 0; k < area; k++) {
        sum += ((a[k] as number) - (mean[i] as number)) * ((b[k] as number) - (mean[j] as number));
      }
      return sum / area + (i === j ? LEAST_VARIANCE : 0);
    }),
  );
  return { mean, covariance: new Matrix(covariance) };
}

/** Added in every direction: in some, the colours of a picture in grey do not vary at all. */
const LEAST_VARIANCE = 1e-7;

/** A power of a symmetric positive matrix. */
function power(matrix: Matrix, exponent: number): Matrix {
  const { realEigenvalues, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(matrix, {
    assumeSymmetric: true,
  });
  const values = realEigenvalues.map((value) => Math.max(value, Number.EPSILON * LEAST_VARIANCE) ** exponent);
  return vectors.mmul(Matrix.diag(values)).mmul(vectors.transpose());
}

function spread(values: Float32Array): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance) };
}

function withGrey(picture: Picture, values: Float32Array): Picture {
  const data = new Float32Array(3 * values.length);
  for (let c = 0; c < 3; c++) data.set(clamped(values), c * values.length);
  return { ...picture, data };
}

function clamped(values: Float32Array): Float32Array {
  return values.map((value) => Math.min(Math.max(value, 0), 1));
}
