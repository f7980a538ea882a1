import {
  type Engine,
  type Network,
  type Picture,
  paintPicture,
  resolveSettings,
  type Settings,
  type Step,
  vgg,
  type WeightTensor,
  type Work,
} from 'velatura';
import { image, noise } from './reference.ts';

/** A narrow VGG with weights of noise: enough of a network to paint by, and quick. */
export const architecture = vgg('tiny', 'A tiny VGG', [1, 1, 1], [6, 8, 10]);
const weights = new Map<string, WeightTensor>();
for (const [i, { name, in: channels, out }] of architecture.convolutions.entries()) {
  const scale = Math.sqrt(6 / (9 * channels)) / (i === 0 ? 64 : 1);
  weights.set(`${name}.weight`, {
    shape: [out, channels, 3, 3],
    data: Float32Array.from(noise(i * 5000 + 1, out * channels * 9), (v) => v * scale),
  });
  weights.set(`${name}.bias`, {
    shape: [out],
    data: Float32Array.from(noise(i * 5000 + 4001, out), (v) => v * 0.1),
  });
}
export const network: Network = { architecture, weights };

export const content: Picture = { width: 48, height: 32, data: image(1, 32, 48) };
export const style: Picture = { width: 40, height: 40, data: image(5, 40, 40) };

/** Paints with that network, by the given settings unless others are named. */
export function tinyPainter(engine: Engine, usual: Partial<Settings>) {
  async function steps(given: Partial<Settings> = {}, more: Partial<Work> = {}): Promise<Step[]> {
    const settings = resolveSettings({ ...usual, ...given }, architecture);
    const all: Step[] = [];
    const work = { content, styles: [style], network, settings, ...more };
    for await (const step of paintPicture(work, engine)) all.push(step);
    return all;
  }
  const painting = async (...args: Parameters<typeof steps>) =>
    (await steps(...args)).at(-1)?.picture as Picture;
  return { steps, painting };
}
