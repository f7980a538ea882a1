import { partsOf } from '../../core/paint/index.ts';
import type { Picture } from '../../core/picture/picture.ts';
import { addScaled } from '../../core/vector.ts';
import type { TapGrams } from './explanation.ts';
import { type Eye, gramMatrices } from './see.ts';

interface Compared {
  readonly content: Picture;
  readonly styles: readonly Picture[];
  readonly painting: Picture;
}

/** The Gram matrices of style, content and painting at each tap, reduced to the channels in which the style is strongest. */
export async function compareGrams(
  eye: Eye,
  { content, styles, painting }: Compared,
  taps: readonly string[],
  shown: number,
): Promise<TapGrams[]> {
  const parts = partsOf(eye.settings, styles.length);
  const mixed = new Map<string, Float32Array>();
  for (const [i, style] of styles.entries()) {
    for (const [tap, values] of await gramMatrices(eye, style, taps)) {
      const sum = mixed.get(tap) ?? new Float32Array(values.length);
      addScaled(sum, sum, parts[i] as number, values);
      mixed.set(tap, sum);
    }
  }
  const [ofContent, ofPainting] = [
    await gramMatrices(eye, content, taps),
    await gramMatrices(eye, painting, taps),
  ];
  return taps.map((tap) => {
    const whole = {
      style: mixed.get(tap) as Float32Array,
      content: ofContent.get(tap) as Float32Array,
      painting: ofPainting.get(tap) as Float32Array,
    };
    const channels = Math.sqrt(whole.style.length);
    const strongest = strongestChannels(whole.style, channels, shown);
    return {
      tap,
      channels,
      shown: strongest,
      style: part(whole.style, channels, strongest),
      content: part(whole.content, channels, strongest),
      painting: part(whole.painting, channels, strongest),
      contentDistance: relativeDistance(whole.content, whole.style),
      paintingDistance: relativeDistance(whole.painting, whole.style),
    };
  });
}

/** The channels with the largest places on the diagonal, the largest first. */
function strongestChannels(matrix: Float32Array, channels: number, count: number): number[] {
  const energy = (channel: number) => matrix[channel * (channels + 1)] as number;
  return Array.from({ length: channels }, (_, channel) => channel)
    .sort((a, b) => energy(b) - energy(a))
    .slice(0, count);
}

/** The rows and columns of the chosen channels. */
function part(matrix: Float32Array, channels: number, chosen: readonly number[]): Float32Array {
  return Float32Array.from(
    chosen.flatMap((row) => chosen.map((column) => matrix[row * channels + column] as number)),
  );
}

/** `||a - b||² / ||b||²` */
function relativeDistance(a: Float32Array, b: Float32Array): number {
  let distance = 0;
  let length = 0;
  for (let i = 0; i < a.length; i++) {
    distance += ((a[i] as number) - (b[i] as number)) ** 2;
    length += (b[i] as number) ** 2;
  }
  return distance / length;
}
