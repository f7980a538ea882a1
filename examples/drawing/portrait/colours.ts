import { clamp, hex, mix, type Rgb, ramp, scale, smooth } from '../colour.ts';
import { fractal3, noise2, noise3 } from '../noise.ts';
import { eye, mouthLine, opening, strands } from './figure.ts';

/** Painted surfaces of the figure; places are in the head's own directions. */

const real = (code: string): Rgb => hex(code).map((c) => c ** 2.2) as unknown as Rgb;

const skinTone = real('#d2a188');
const flush = real('#c4604e');
const lipTone = real('#b2524c');
const browTone = real('#2e1c14');

export function skin(x: number, y: number, z: number): Rgb {
  const ax = Math.abs(x);
  const mottle = fractal3(x * 5, y * 5, z * 5, 3);
  let colour = scale(skinTone, 1 + mottle * 0.06);
  const cheek = Math.exp(-((ax - 0.38) ** 2 / 0.03 + (y + 0.22) ** 2 / 0.028));
  const tip = Math.exp(-((x / 0.14) ** 2 + ((y + 0.29) / 0.1) ** 2)) * smooth(0.7, 0.9, z);
  colour = mix(colour, flush, cheek * 0.32 + tip * 0.26 + smooth(-0.75, -0.9, y) * 0.1);
  const freckle =
    smooth(0.55, 0.8, noise3(x * 52 + y * 11, y * 52 - x * 9, z * 52)) *
    Math.exp(-((ax / 0.4) ** 2) - ((y + 0.13) / 0.14) ** 2);
  colour = mix(colour, real('#9a5a3c'), freckle * 0.5);
  colour = lips(colour, x, y, z);
  colour = brows(colour, ax, y, z);
  return lashes(colour, ax, y, z);
}

function lips(under: Rgb, x: number, y: number, z: number): Rgb {
  if (z < 0.3) return under;
  const line = mouthLine(x);
  const wide = 1 - (x / 0.245) ** 2;
  if (wide <= 0) return under;
  const bow = Math.exp(-((x / 0.035) ** 2)) * 0.014;
  const above = line + 0.07 * wide ** 0.8 - bow;
  const below = line - 0.094 * wide ** 0.75;
  const inside = smooth(-0.012, 0.012, Math.min(above - y, y - below));
  const crease = 1 + noise2(x * 75, y * 6) * 0.1;
  const dark = Math.exp(-(((y - line) / 0.009) ** 2));
  const tone = scale(lipTone, (y > line ? 0.82 : 1) * crease * (1 - dark * 0.7));
  return mix(under, tone, inside * 0.85);
}

function brows(under: Rgb, ax: number, y: number, z: number): Rgb {
  const t = (ax - 0.1) / 0.42;
  if (t < -0.1 || t > 1.1 || z < 0) return under;
  const arch = 0.258 + 0.07 * Math.sin(Math.PI * clamp(t) ** 1.15 * 0.9) - t * 0.03;
  const thick = 0.036 * (1 - 0.65 * Math.max(0, t) ** 1.5) * smooth(-0.08, 0.12, t);
  const across = (y - arch) / Math.max(thick, 0.004);
  const hairs = noise2((ax * 1.0 - (y - arch) * 0.9) * 85, (y - arch) * 16);
  return mix(
    under,
    browTone,
    smooth(1.25, 0.35, Math.abs(across) + hairs * 0.5) * 0.88 * smooth(1.08, 0.85, t) * smooth(-0.03, 0.1, t),
  );
}

function lashes(under: Rgb, ax: number, y: number, z: number): Rgb {
  const qx = ax - eye.x;
  const qy = y - eye.y;
  const qz = z - eye.z;
  const near = Math.hypot(qx, qy, qz);
  if (near > eye.r + 0.09 || qz < 0) return under;
  const { upper, lower } = opening(qx, qy, qz);
  const along = smooth(-0.16, 0.12, qx);
  const inner = smooth(-0.15, -0.05, qx);
  const top = smooth(-0.085 - along * 0.05, -0.03, upper) * smooth(-0.2, 0.1, lower);
  const bottom = smooth(-0.06, -0.015, lower) * smooth(-0.05, 0.12, upper) * 0.35;
  const lid = smooth(-0.3, -0.1, upper) * smooth(0, 0.15, lower) * 0.25;
  const tinted = mix(under, real('#9c5f4e'), (lid + bottom) * smooth(eye.r + 0.09, eye.r + 0.04, near));
  const rimmed = mix(tinted, real('#b5675c'), smooth(eye.r + 0.02, eye.r + 0.006, near) * 0.8);
  return mix(rimmed, real('#170d0a'), Math.min(1, top * 0.95) * inner);
}

/** The eye, from its middle outwards: white, iris, pupil. */
export function iris(x: number, y: number, gazeX: number, gazeY: number): Rgb {
  const side = x < 0 ? -1 : 1;
  const qx = (x - side * eye.x) / eye.r - gazeX;
  const qy = (y - eye.y) / eye.r - gazeY;
  const r = Math.hypot(qx, qy);
  const white = mix(real('#d8cfc6'), real('#b98d80'), smooth(0.55, 1, r) * 0.7);
  if (r > 0.5) return white;
  const spoke = noise2(Math.atan2(qy, qx) * 9, r * 5) * 0.5 + noise2(Math.atan2(qy, qx) * 22, r * 3) * 0.4;
  const ring = ramp([real('#a8803c'), real('#6f8a68'), real('#47707a'), real('#16272e')], (r - 0.15) / 0.33);
  // The lower half glows: light from above is gathered there.
  let colour = scale(ring, 1 + spoke * 0.5 + smooth(0.2, -0.45, qy) * 0.9);
  colour = mix(colour, [0.004, 0.004, 0.005], smooth(0.215, 0.175, r));
  return mix(colour, white, smooth(0.455, 0.5, r));
}

export function hairTone(x: number, y: number, z: number): Rgb {
  const { across, down } = strands(x, y, z);
  const lock = noise2(across * 11 + 3, down * 0.6);
  const fine = noise2(across * 80, down * 0.9) * 0.5 + noise2(across * 170, down * 1.6) * 0.5;
  const tone = 0.42 + lock * 0.24 + fine * 0.22;
  return ramp([real('#22130d'), real('#3f2416'), real('#6d4226'), real('#a06c3e')], tone);
}

export function wool(x: number, y: number, z: number): Rgb {
  const angle = Math.atan2(x, z + 0.2);
  const weave = Math.sin(angle * 70) * Math.sin((y - z * 0.22) * 90);
  const fibre = noise3(x * 60, y * 60, z * 60) * 0.16;
  const stripe = smooth(0.2, 0.5, Math.sin(y * 15 + noise3(x, y, z) * 4 + angle));
  return scale(mix(real('#a34034'), real('#7d2c30'), stripe * 0.6), 1 + weave * 0.1 + fibre);
}

export function knit(x: number, y: number, z: number): Rgb {
  const column = x * 9;
  const slant = Math.abs(column - Math.floor(column) - 0.5);
  const stitch = Math.sin(y * 78 - slant * 7);
  const fleck = noise3(x * 26, y * 26, z * 26);
  return scale(real('#35515c'), 1 + stitch * 0.16 + fleck * 0.12);
}
