/** Smooth noise on an endless lattice; no tables, so that nothing has to be set up or seeded. */

function hash(x: number, y: number, z: number): number {
  let h = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ Math.imul(z, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A number in [0, 1) that belongs to a lattice point. */
export const lattice = (x: number, y: number, z = 0): number => hash(x, y, z) / 4294967296;

const fade = (t: number) => t * t * t * (t * (t * 6 - 15) + 10);

function slope(x: number, y: number, dx: number, dy: number): number {
  const h = hash(x, y, 77);
  // Two independent bytes make a gradient of any direction, which hides the lattice.
  return (((h & 255) - 127.5) * dx + (((h >>> 8) & 255) - 127.5) * dy) / 105;
}

/** Gradient noise in the plane, about -1 to 1. */
export function noise2(x: number, y: number): number {
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const dx = x - x0;
  const dy = y - y0;
  const u = fade(dx);
  const a = slope(x0, y0, dx, dy);
  const b = slope(x0 + 1, y0, dx - 1, dy);
  const c = slope(x0, y0 + 1, dx, dy - 1);
  const d = slope(x0 + 1, y0 + 1, dx - 1, dy - 1);
  const top = a + (b - a) * u;
  return top + (c + (d - c) * u - top) * fade(dy);
}

/** Value noise in space, -1 to 1. */
export function noise3(x: number, y: number, z: number): number {
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const z0 = Math.floor(z);
  const u = fade(x - x0);
  const v = fade(y - y0);
  const w = fade(z - z0);
  let sum = 0;
  for (let k = 0; k < 2; k++) {
    const a = hash(x0, y0, z0 + k);
    const b = hash(x0 + 1, y0, z0 + k);
    const c = hash(x0, y0 + 1, z0 + k);
    const d = hash(x0 + 1, y0 + 1, z0 + k);
    const top = a + (b - a) * u;
    sum += (top + (c + (d - c) * u - top) * v) * (k === 0 ? 1 - w : w);
  }
  return sum / 2147483648 - 1;
}

/** Several octaves of plane noise, about -1 to 1. */
export function fractal2(x: number, y: number, octaves: number, gain = 0.5): number {
  let sum = 0;
  let weight = 1;
  let total = 0;
  for (let i = 0; i < octaves; i++) {
    sum += noise2(x, y) * weight;
    total += weight;
    weight *= gain;
    // A turn between octaves keeps their lattices from lining up.
    const nx = x * 1.6 - y * 1.2 + 17.3;
    y = x * 1.2 + y * 1.6 + 9.1;
    x = nx;
  }
  return sum / total;
}

/** Several octaves of space noise, -1 to 1. */
export function fractal3(x: number, y: number, z: number, octaves: number): number {
  let sum = 0;
  let weight = 1;
  let total = 0;
  for (let i = 0; i < octaves; i++) {
    sum += noise3(x, y, z) * weight;
    total += weight;
    weight *= 0.5;
    x = x * 2.03 + 5.7;
    y = y * 2.03 + 3.1;
    z = z * 2.03 + 8.3;
  }
  return sum / total;
}
