import { smooth } from '../colour.ts';
import { noise2, noise3 } from '../noise.ts';
import { ball, carve, egg, melt, rod } from './shapes.ts';

/**
 * A person's head and shoulders as a distance. The head is about 2.3 high around the origin, its face
 * towards z, and is turned and tilted a little upon the neck.
 */

export type Part = 'skin' | 'eye' | 'hair' | 'scarf' | 'cloth';

const turn = 0.24;
const tilt = -0.07;
const cosTurn = Math.cos(turn);
const sinTurn = Math.sin(turn);
const cosTilt = Math.cos(tilt);
const sinTilt = Math.sin(tilt);

/** A point of the room as seen from the head. */
export function inHead(x: number, y: number, z: number): [number, number, number] {
  const hx = x * cosTurn - z * sinTurn;
  const hz = x * sinTurn + z * cosTurn;
  return [hx * cosTilt - y * sinTilt, hx * sinTilt + y * cosTilt, hz];
}

/** A direction of the head as it lies in the room. */
export function fromHead(x: number, y: number, z: number): [number, number, number] {
  const rx = x * cosTilt + y * sinTilt;
  return [rx * cosTurn + z * sinTurn, y * cosTilt - x * sinTilt, z * cosTurn - rx * sinTurn];
}

/** The middle and the radius of the eye on the side x > 0. */
export const eye = { x: 0.285, y: 0.05, z: 0.515, r: 0.185 };

/** How far above (positive) the lower and below the upper lid a direction from the eye's middle lies. */
export function opening(qx: number, qy: number, qz: number): { upper: number; lower: number } {
  const a = Math.atan2(qx + 0.012, qz);
  const b = Math.atan2(qy, Math.hypot(qx, qz));
  const almond = 1 - (a / (a < 0 ? 0.61 : 0.84)) ** 2;
  const lift = a * 0.08;
  return { upper: 0.35 * almond + lift - 0.02 - b, lower: b + 0.3 * almond - lift };
}

export const mouthLine = (x: number): number => -0.56 + x * x * 0.95 - Math.cos(x * 26) * 0.006;

function head(x: number, y: number, z: number): number {
  const ax = Math.abs(x);
  // Rounded off in the middle, so that the two sides meet without a seam.
  const side = Math.sqrt(x * x + 0.006);
  let d = egg(x, y - 0.34, z + 0.12, 0.77, 0.82, 0.93);
  d = melt(d, egg(x, y + 0.2, z - 0.14, 0.535, 0.72, 0.6), 0.28);
  d = melt(d, rod(side, y, z, 0.43, -0.34, 0, 0.13, 0.09, -0.79, 0.44, 0.12), 0.26);
  d = melt(d, egg(x, y + 0.8, z - 0.53, 0.13, 0.1, 0.11), 0.2);
  d = melt(d, egg(side - 0.35, y + 0.2, z - 0.45, 0.2, 0.17, 0.18), 0.26);
  d = melt(d, ball(side - 0.22, y + 0.44, z - 0.48, 0.18), 0.26);
  d = melt(d, rod(ax, y, z, 0.12, 0.225, 0.66, 0.06, 0.46, 0.245, 0.5, 0.06), 0.16);
  d = melt(d, rod(x, y, z, 0, -1, -0.18, 0.36, 0, -1.9, -0.36, 0.42), 0.22);
  if (z < 0.2) return d;

  d = carve(d, -egg(ax - 0.285, y - 0.06, z - 0.82, 0.2, 0.14, 0.16), 0.14);
  d = nose(d, x, y, z, ax);
  return lids(mouth(d, x, y, z, ax), ax, y, z);
}

function nose(face: number, x: number, y: number, z: number, ax: number): number {
  let d = melt(face, rod(x, y, z, 0, 0.14, 0.66, 0.055, 0, -0.23, 0.85, 0.06), 0.13);
  d = melt(d, egg(x, y + 0.262, z - 0.865, 0.082, 0.076, 0.09), 0.08);
  d = melt(d, egg(ax - 0.09, y + 0.295, z - 0.775, 0.048, 0.056, 0.08), 0.06);
  return carve(d, -egg(ax - 0.046, y + 0.345, z - 0.815, 0.032, 0.016, 0.04), 0.03);
}

function mouth(face: number, x: number, y: number, z: number, ax: number): number {
  const bend = ax * ax * 0.85;
  let d = melt(face, egg(x, y + 0.55, z - 0.59, 0.26, 0.2, 0.14), 0.26);
  d = melt(d, egg(ax - 0.05, y + 0.517, z - 0.725 + bend, 0.13, 0.034, 0.055), 0.06);
  d = melt(d, egg(x, y + 0.605, z - 0.72 + bend, 0.145, 0.042, 0.06), 0.06);
  const line = y - mouthLine(x);
  d += 0.017 * Math.exp(-((line / 0.013) ** 2)) * smooth(0.245, 0.15, ax);
  d += 0.012 * Math.exp(-((ax - 0.25) ** 2 + (line - 0.01) ** 2) / 0.002);
  // The groove under the nose and the hollow under the lip.
  d += 0.014 * Math.exp(-((x / 0.03) ** 2)) * smooth(-0.36, -0.42, y) * smooth(-0.53, -0.47, y);
  return d + 0.016 * Math.exp(-(((y + 0.695) / 0.04) ** 2)) * smooth(0.2, 0.05, ax);
}

function lids(face: number, ax: number, y: number, z: number): number {
  const qx = ax - eye.x;
  const qy = y - eye.y;
  const qz = z - eye.z;
  const ballAround = ball(qx, qy, qz, eye.r + 0.028);
  if (ballAround > 0.3) return face;
  const { upper, lower } = opening(qx, qy, qz);
  let d = melt(face, ballAround, 0.07);
  const corner = smooth(-0.02, 0.16, upper + lower) * smooth(0.12, 0.03, ballAround);
  d += 0.014 * corner * Math.exp(-(((upper + 0.2) / 0.06) ** 2));
  d += 0.005 * corner * Math.exp(-(((lower + 0.25) / 0.08) ** 2));
  return carve(d, Math.min(upper * 0.17, lower * 0.17, 0.03 - ballAround), 0.014);
}

/**
 * Where the strands of the hair run, from a parting on one side over the head and down: `across` is the
 * same all along a strand, and `down` grows along it.
 */
export function strands(x: number, y: number, z: number): { across: number; down: number } {
  const parted = x + 0.2;
  const side = parted < 0 ? -1 : 1;
  const out = Math.sqrt(parted * parted + 0.02);
  const round = Math.atan2(
    z + 0.16,
    out + 0.12 + 0.24 * Math.max(0, y + 1) + 0.08 * Math.log1p(Math.exp((y - 0.3) * 7)),
  );
  const sway = Math.sin(y * 3.4 + z * 1.5 + side) * 0.06;
  return { across: round + side * 2 + sway, down: out * 0.8 - y };
}

function hair(x: number, y: number, z: number): number {
  let d = egg(x, y - 0.36, z + 0.16, 0.87, 0.86, 1.02);
  const flare = smooth(0.1, -0.9, y) * 0.06;
  d = melt(d, egg(x, y + 0.22, z + 0.3, 0.9 + flare, 1.02, 0.82 + flare), 0.25);
  if (d > 0.3) return d - 0.1;
  const { across, down } = strands(x, y, z);
  const lock = noise2(across * 8, down * 0.8);
  const curl = noise2(across * 3.2 + 7, down * 1.3);
  // The face looks out of the hair under a fringe that is swept to one side.
  const part = x + 0.2;
  const fringe =
    0.62 - 1.05 * (part * part + 0.002) ** 0.75 * (part < 0 ? 1.2 : 1) + noise2(x * 14, y * 3) * 0.008;
  const mask = Math.max(
    egg(x - 0.02, y + 0.42, z - 0.8, 0.605 + smooth(-0.05, 0.35, y) * 0.12, 1.14, 0.98),
    y - fringe,
  );
  // Towards its edge the hair lies thinner upon the forehead.
  d = carve(d + 0.06 * Math.exp(-((mask / 0.1) ** 2)), -mask, 0.07);
  d = carve(d, -y - 1 - lock * 0.13 - curl * 0.1, 0.1);
  const fine = noise2(across * 44 + lock, down * 1.2);
  const rough = lock * 0.045 + curl * 0.05 + fine * 0.007 + noise2(across * 19, down * 0.7) ** 2 * 0.03;
  return d + rough * smooth(0, 0.14, Math.abs(part)) + 0.018 * Math.exp(-((part / 0.025) ** 2));
}

function scarf(x: number, y: number, z: number): number {
  const cy = y + 1.33 - z * 0.22;
  const cz = z + 0.2;
  const angle = Math.atan2(x, cz);
  const ring = Math.hypot(x * 0.92, cz) - 0.56;
  if (Math.hypot(ring, cy) > 0.7 && y > -1) return Math.hypot(ring, cy) - 0.45;
  const twist = noise3(x * 1.4, y * 2 + 4, z * 1.4);
  const folds = Math.sin(cy * 17 + Math.sin(angle * 1.5 + 0.6) * 3.2 + twist * 2.6);
  const big = Math.sin(angle * 2 + cy * 5 + 1) * 0.04;
  const loop = Math.hypot(ring * 1.12, cy * 0.86) - 0.27 - big + folds * 0.034 - twist * 0.03;
  // One end hangs down in front.
  const lean = x - 0.28 + (y + 1.5) * 0.1;
  const pleats = Math.sin(lean * 34 + twist * 3) * 0.02;
  const tail = egg(lean, y + 2.1, z - 0.36 + (y + 1.6) * 0.08, 0.24, 0.95, 0.13) + pleats;
  return melt(loop, tail, 0.1) * 0.75;
}

function cloth(x: number, y: number, z: number): number {
  const ax = Math.abs(x);
  let d = rod(ax, y, z, 0.3, -1.72, -0.4, 0.36, 1.28, -2.02, -0.5, 0.42);
  d = melt(d, rod(ax, y, z, 1.28, -2.02, -0.5, 0.42, 1.62, -3.2, -0.45, 0.42), 0.15);
  d = melt(d, egg(x, y + 2.7, z + 0.36, 1.25, 1.2, 0.78), 0.35);
  d = melt(d, egg(x, y + 1.85, z + 0.3, 0.6, 0.5, 0.5), 0.2);
  if (d > 0.3) return d;
  const pull = noise3(x * 1.1, y * 1.1, z) * 1.4;
  const crease = 1 - Math.abs(Math.sin(ax * 3.4 + y * 3.1 + pull * 2));
  const rib = Math.abs(Math.sin(x * 9 * Math.PI));
  return d - crease ** 3 * 0.035 - noise3(x * 2.5, y * 2.5, z * 2) * 0.03 - rib * 0.006;
}

/** The part of the figure that `distance` last found nearest. */
export let nearest: Part = 'skin';

export function distance(x: number, y: number, z: number): number {
  const hx0 = x * cosTurn - z * sinTurn;
  const hz = x * sinTurn + z * cosTurn;
  const hx = hx0 * cosTilt - y * sinTilt;
  const hy = hx0 * sinTilt + y * cosTilt;

  let d = Infinity;
  const take = (other: number, part: Part) => {
    if (other < d) {
      d = other;
      nearest = part;
    }
  };
  // Far from the head or the body, the distance to a ball around them will do.
  const toHead = ball(hx, hy, hz, 1.55);
  if (toHead > 0.4) take(toHead, 'hair');
  else {
    take(head(hx, hy, hz), 'skin');
    take(ball(Math.abs(hx) - eye.x, hy - eye.y, hz - eye.z, eye.r), 'eye');
    take(hair(hx, hy, hz), 'hair');
  }
  if (y < -0.4) {
    take(scarf(x, y, z), 'scarf');
    take(cloth(x, y, z), 'cloth');
  } else take(y + 0.75, 'cloth');
  return d;
}
