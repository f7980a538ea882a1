import { add, clamp, hex, mix, type Rgb, scale, smooth } from '../colour.ts';
import { fractal2, noise2 } from '../noise.ts';
import type { Vec } from './trace.ts';

const unit = (v: Vec): Vec => {
  const length = Math.hypot(...v);
  return [v[0] / length, v[1] / length, v[2] / length];
};

/** Where the low sun stands, to the left and ahead of the eye. */
export const sun = unit([-0.4, 0.25, 0.9]);
export const sunlight: Rgb = [4.6, 3.05, 1.7];

const zenith: Rgb = [0.09, 0.2, 0.43];
const rim: Rgb = [0.5, 0.47, 0.46];
const warm: Rgb = [1.15, 0.56, 0.17];

const toSun = (way: Vec) => way[0] * sun[0] + way[1] * sun[1] + way[2] * sun[2];

/** The bare sky without clouds; also what haze fades to. */
export function air(way: Vec): Rgb {
  const up = clamp(way[1]);
  const glow = Math.max(0, toSun(way));
  const blue = mix(rim, zenith, 1 - Math.exp(-up * 4.6));
  return add(
    mix(blue, warm, glow ** 6 * 0.6 * Math.exp(-up * 1.6)),
    warm,
    glow ** 60 * 0.9 + glow ** 900 * 2.5,
  );
}

function cover(x: number, z: number): number {
  const wx = x + noise2(x * 0.7, z * 0.7) * 0.5;
  return fractal2(wx * 0.62 + 3.1, z * 0.8 + 0.4, 7, 0.55);
}

function clouds(way: Vec, behind: Rgb): Rgb {
  if (way[1] < 0.015) return behind;
  const x = way[0] / (way[1] + 0.14);
  const z = way[2] / (way[1] + 0.14);
  const here = cover(x, z);
  const amount = smooth(-0.1, 0.2, here);
  if (amount === 0) return behind;
  // The cloud is bright where there is less of it towards the sun.
  const sunward = cover(x - 0.16, z + 0.2);
  const light = clamp(0.42 + (here - sunward) * 2.6 - (here - 0.1) * 0.75);
  const near = Math.max(0, toSun(way)) ** 5;
  const shadow = mix([0.27, 0.29, 0.37], [0.62, 0.42, 0.34], near);
  const body = mix(shadow, mix([1.0, 0.86, 0.72], [1.5, 0.86, 0.4], near), light);
  const fade = smooth(0.01, 0.14, way[1]);
  return mix(behind, body, amount * 0.92 * fade);
}

type Ridge = { base: number; swing: number; wave: number; shift: number; haze: number; colour: Rgb };

const ridges: Ridge[] = [
  { base: 0.085, swing: 0.05, wave: 5, shift: 8, haze: 0.3, colour: hex('#26381f') },
  { base: 0.135, swing: 0.06, wave: 3.4, shift: 2, haze: 0.52, colour: hex('#2c4030') },
  { base: 0.175, swing: 0.06, wave: 2.6, shift: 31, haze: 0.7, colour: hex('#3a4a5c') },
];

function hill(way: Vec): Rgb | undefined {
  const turn = Math.atan2(way[0], way[2]);
  const up = way[1] / Math.hypot(way[0], way[2]);
  for (const { base, swing, wave, shift, haze, colour } of ridges) {
    const wood = noise2(turn * 240, shift) * 0.0013 + noise2(turn * 90, shift) * 0.0016;
    const crest = base + swing * fractal2(turn * wave + shift, shift * 0.37, 3) + wood;
    if (up > crest) continue;
    const slope = fractal2(turn * wave * 3 + shift, up * 26 + shift, 4);
    const trees = fractal2(turn * 150, up * 330 + shift, 3);
    const field = smooth(0.1, 0.2, noise2(turn * 16 + shift, up * 80)) * (0.6 + noise2(turn * 60, 2) * 0.4);
    const green = mix(colour, hex('#6f6c33'), field * 0.7);
    const light = 0.75 + slope * 0.7 + trees * 0.5 * (1 - field);
    const veil = haze + (1 - haze) * smooth(0.05, 0, up) * 0.5;
    const mist = mix(air([way[0], 0.02, way[2]]), [0.4, 0.48, 0.62], 0.5);
    return mix(scale(green, light), mist, clamp(veil));
  }
  return undefined;
}

/** Everything too far away to be built: hills, clouds, the sky. */
export const backdrop = (way: Vec): Rgb => hill(way) ?? clouds(way, air(way));
