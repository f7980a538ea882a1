import { add, hex, lerp, mix, type Rgb, scale, smooth } from '../colour.ts';
import { fractal2, lattice, noise2 } from '../noise.ts';
import type { Look, Skin, Vec } from './trace.ts';

/** Surfaces: what walls, roofs, stones and leaves look like from close by. */

const matt = (colour: Rgb): Skin => ({ colour, mirror: 0 });

/** Distances along a wall and up it, whichever way it faces. */
const along = (at: Vec, normal: Vec) => (Math.abs(normal[0]) > Math.abs(normal[2]) ? at[2] : at[0]);

export const plain =
  (colour: Rgb, rough = 0.2): Look =>
  (at) =>
    matt(scale(colour, 1 + fractal2(at[0] * 3 + at[2] * 2.1, at[1] * 4 + at[2], 3) * rough));

export const stone =
  (colour: Rgb, size: number): Look =>
  (at, normal) => {
    if (normal[1] > 0.7) return paving(at, colour);
    const u = along(at, normal);
    const row = Math.floor(at[1] / size);
    const shifted = u / (size * 1.9) + (row % 2) * 0.5;
    const joint = Math.min(
      smooth(0, 0.12, Math.abs((at[1] / size) % 1)),
      smooth(0, 0.07, Math.abs(shifted - Math.round(shifted))),
    );
    const block = lattice(Math.floor(shifted), row, 5);
    const grime = fractal2(u * 0.5, at[1] * 0.8, 4) * 0.35 + fractal2(u * 5, at[1] * 5, 2) * 0.18;
    const wet = smooth(1.1, 0.1, at[1] + noise2(u * 0.6, 3) * 0.3);
    const dry = scale(colour, (0.75 + block * 0.4 + grime) * lerp(0.62, 1, joint));
    return matt(mix(dry, mix(scale(dry, 0.4), [0.1, 0.13, 0.07], 0.5), wet));
  };

function paving(at: Vec, colour: Rgb): Skin {
  const cell = lattice(Math.floor(at[0] * 1.6), Math.floor(at[2] * 1.6), 3);
  return matt(scale(colour, 0.8 + cell * 0.25 + fractal2(at[0], at[2], 3) * 0.3));
}

export const grassy: Look = (at) => {
  const patch = fractal2(at[0] * 0.12, at[2] * 0.12, 4);
  const tuft = fractal2(at[0] * 1.5, at[2] * 1.5, 3);
  return matt(scale(mix([0.16, 0.2, 0.07], [0.3, 0.29, 0.12], 0.5 + patch), 1 + tuft * 0.4));
};

export const tiles =
  (colour: Rgb, ridge: 'x' | 'z', gable: Look): Look =>
  (at, normal) => {
    // The upright ends under a roof belong to the wall.
    if (normal[1] < 0.1) return gable(at, normal);
    const run = ridge === 'x' ? at[0] : at[2];
    const row = at[1] / 0.26;
    const step = row - Math.floor(row);
    const tile = lattice(Math.floor(run / 0.34 + (Math.floor(row) % 2) * 0.5), Math.floor(row), 9);
    const moss = smooth(0.1, 0.5, fractal2(run * 0.5 + colour[0] * 50, at[1] * 0.8, 4));
    const worn =
      0.72 + tile * 0.34 + step * 0.22 + fractal2(run * 0.8, at[1] * 1.2 + colour[1] * 90, 3) * 0.4;
    return matt(mix(scale(colour, worn), [0.17, 0.16, 0.08], moss * 0.5));
  };

export type Front = {
  wall: Rgb;
  frame: Rgb;
  shutter: Rgb | undefined;
  brick: boolean;
  /** The wall's foot and how many storeys it has, with windows `pitch` apart from `start`. */
  foot: number;
  storeys: number;
  storey: number;
  pitch: number;
  startX: number;
  startZ: number;
  seed: number;
};

function render(front: Front, u: number, y: number): Rgb {
  const stain =
    fractal2(u * 1.3 + front.seed, y * 0.3, 4) * 0.22 + fractal2(u * 0.4, y * 0.4 + front.seed, 3) * 0.2;
  const damp = smooth(1.6, 0, y - front.foot + noise2(u, front.seed)) * 0.35;
  const bleached = smooth(0.1, 0.6, fractal2(u * 0.9 + front.seed, y * 0.7, 5));
  const grey = (front.wall[0] + front.wall[1] + front.wall[2]) / 3;
  const plaster = mix(front.wall, [grey * 1.25, grey * 1.2, grey * 1.1], 0.14 + bleached * 0.5);
  let colour = scale(plaster, 1 + stain - damp + fractal2(u * 9, y * 9, 2) * 0.1);
  if (front.brick) {
    const row = Math.floor(y / 0.12);
    const cell = lattice(Math.floor(u / 0.32 + (row % 2) * 0.5), row, 2);
    colour = scale(colour, 0.8 + cell * 0.4);
  }
  return colour;
}

/** A house's wall with its windows, shutters, sills and door. */
export const facade =
  (front: Front): Look =>
  (at, normal) => {
    const u = along(at, normal) - (Math.abs(normal[0]) > Math.abs(normal[2]) ? front.startZ : front.startX);
    const y = at[1];
    const wall = render(front, u, y);
    const floor = Math.floor((y - front.foot) / front.storey);
    const cell = Math.floor(u / front.pitch);
    const gable = floor >= front.storeys;
    if (floor < 0 || (gable && Math.abs(normal[2]) > 0.5)) return matt(wall);

    const du = u - (cell + 0.5) * front.pitch;
    const dy = y - front.foot - floor * front.storey;
    const door = floor === 0 && lattice(cell, front.seed, 4) < 0.4;
    const half = gable ? 0.34 : front.pitch * 0.27;
    const low = door ? 0 : floor === 0 ? 0.75 : 0.85;
    const high = gable ? 1.7 : front.storey - 0.55;
    const inside = Math.max(Math.abs(du) - half, low - dy, dy - high);

    if (inside > 0) {
      if (inside < 0.13 && dy > low - 0.02) return matt(mix(scale(front.frame, 0.8), wall, 0.25));
      if (!door && dy < low && dy > low - 0.14 && Math.abs(du) < half + 0.2)
        return matt(scale(front.frame, 0.95));
      if (!door && dy < low - 0.14 && dy > low - 0.34 && Math.abs(du) < half + 0.15)
        return matt(scale(wall, 0.74));
      const leafed = front.shutter && floor > 0 && !gable;
      if (leafed && Math.abs(du) < half + 0.5 && dy > low && dy < high) {
        const slat = 0.8 + 0.3 * smooth(0.2, 0.7, (dy * 9) % 1);
        return matt(scale(front.shutter as Rgb, slat));
      }
      const ledge = Math.abs(dy - 0.02) < 0.1 && floor > 0;
      return matt(ledge ? mix(scale(wall, 1.12), front.frame, 0.3) : wall);
    }
    return opening(front, { du, dy, half, low, high, inside, door, which: lattice(cell, floor, front.seed) });
  };

type Opening = {
  du: number;
  dy: number;
  half: number;
  low: number;
  high: number;
  inside: number;
  door: boolean;
  which: number;
};

function opening(front: Front, { du, dy, half, low, high, inside, door, which }: Opening): Skin {
  const shade = lerp(0.45, 1, smooth(0, 0.28, high - dy)) * lerp(0.6, 1, smooth(0, 0.16, half - du));
  if (door && dy < high - 0.6) {
    const panel = Math.abs(Math.abs(du) - half * 0.5) < half * 0.34 && dy % 0.9 > 0.15;
    const paint = mix(front.shutter ?? hex('#3b4a3a'), hex('#3a2418'), which * 0.7);
    return matt(scale(paint, (panel ? 0.75 : 1) * shade));
  }
  const bar = Math.abs(du) < 0.035 || Math.abs(dy - lerp(low, high, 0.62)) < 0.04 || inside > -0.07;
  if (bar) return matt(scale(front.frame, 0.85 * shade));
  const lamp = which > 0.9 ? 1 : 0;
  const curtain =
    smooth(0.3, 0.24, Math.abs(Math.abs(du) - half) - 0.05 * which) * (which > 0.4 ? 0.35 : 0.1);
  const room = add(mix([0.03, 0.035, 0.04], [0.5, 0.47, 0.4], curtain), [0.5, 0.28, 0.08], lamp * 0.8);
  return { colour: scale(room, shade), mirror: lamp ? 0.1 : 0.32 };
}

export const foliage = (colour: Rgb, seed: number): Look => {
  const own = scale(colour, 0.7 + lattice(seed, 7) * 0.65);
  const turned = mix(own, [0.42, 0.33, 0.06], lattice(seed, 8) ** 3 * 0.6);
  return () => ({ colour: turned, mirror: 0, through: 0.75 });
};
