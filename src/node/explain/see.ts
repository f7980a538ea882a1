import { type Engine, runOnce } from '../../core/engine.ts';
import { gram, type Tensor } from '../../core/graph/index.ts';
import { features, type Network, pictureFeatures } from '../../core/objective/index.ts';
import type { Settings } from '../../core/paint/index.ts';
import type { Picture } from '../../core/picture/picture.ts';
import type { FeatureMap, TapMaps } from './explanation.ts';

/** The shape of feature maps: `[1, C, h, w]`. */
export type Map4 = readonly [number, number, number, number];

/** Who looks: a network, as the settings have it look, and what runs it. */
export interface Eye {
  readonly network: Network;
  readonly settings: Settings;
  readonly engine: Engine;
}

/** The strongest of a picture's feature maps at each tap: those with the largest mean of squares. */
export async function strongestMaps(
  { network, settings, engine }: Eye,
  { width, height, data }: Picture,
  taps: readonly string[],
  count: number,
): Promise<TapMaps[]> {
  const outputs = pictureFeatures({ ...settings, network, width, height }, taps);
  const found = await runOnce(engine, outputs, { picture: data });
  return taps.map((tap) => {
    const name = features(tap);
    const [, channels, rows, columns] = (outputs[name] as Tensor).shape as Map4;
    const values = found[name] as Float32Array;
    const maps = Array.from({ length: channels }, (_, channel): FeatureMap => {
      const map = values.slice(channel * rows * columns, (channel + 1) * rows * columns);
      const energy = map.reduce((sum, value) => sum + value * value, 0) / map.length;
      return { channel, width: columns, height: rows, values: map, energy };
    });
    return { tap, maps: maps.sort((a, b) => b.energy - a.energy).slice(0, count) };
  });
}

/** A picture's Gram matrices at the taps, of all channels: `[C, C]` each, by tap. */
export async function gramMatrices(
  { network, settings, engine }: Eye,
  { width, height, data }: Picture,
  taps: readonly string[],
): Promise<Map<string, Float32Array>> {
  const maps = pictureFeatures({ ...settings, network, width, height }, taps);
  const outputs = Object.fromEntries(taps.map((tap) => [tap, gram(maps[features(tap)] as Tensor)]));
  const found = await runOnce(engine, outputs, { picture: data });
  return new Map(taps.map((tap) => [tap, found[tap] as Float32Array]));
}
