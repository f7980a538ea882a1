/** Red, green and blue, each 0 to 1 (unless a light is brighter than the paper). */
export type Rgb = readonly [number, number, number];

export const clamp = (x: number, low = 0, high = 1): number => Math.max(low, Math.min(high, x));

export const lerp = (a: number, b: number, t: number): number => a + (b - a) * t;

/** 0 below `low`, 1 above `high`, smooth between; also falls when `low` is above `high`. */
export function smooth(low: number, high: number, x: number): number {
  const t = clamp((x - low) / (high - low));
  return t * t * (3 - 2 * t);
}

export function hex(code: string): Rgb {
  const n = Number.parseInt(code.slice(1), 16);
  return [((n >> 16) & 255) / 255, ((n >> 8) & 255) / 255, (n & 255) / 255];
}

export const palette = (...codes: string[]): Rgb[] => codes.map(hex);

export const mix = (a: Rgb, b: Rgb, t: number): Rgb => [
  lerp(a[0], b[0], t),
  lerp(a[1], b[1], t),
  lerp(a[2], b[2], t),
];

export const scale = (c: Rgb, k: number): Rgb => [c[0] * k, c[1] * k, c[2] * k];

export const add = (a: Rgb, b: Rgb, k = 1): Rgb => [a[0] + b[0] * k, a[1] + b[1] * k, a[2] + b[2] * k];

/** The colour at `t` (0 to 1) along a row of evenly spaced colours. */
export function ramp(colours: readonly Rgb[], t: number): Rgb {
  const place = clamp(t) * (colours.length - 1);
  const i = Math.min(Math.floor(place), colours.length - 2);
  return mix(colours[i] as Rgb, colours[i + 1] as Rgb, place - i);
}

/** Turns the hue by an angle in radians, and stretches saturation and lightness. */
export function shift(c: Rgb, turn: number, saturation = 1, lightness = 1): Rgb {
  const grey = (c[0] + c[1] + c[2]) / 3;
  const a = (c[0] - grey) * saturation;
  const b = ((c[1] - c[2]) / Math.sqrt(3)) * saturation;
  const cos = Math.cos(turn);
  const sin = Math.sin(turn);
  const p = a * cos - b * sin;
  const q = (a * sin + b * cos) * Math.sqrt(3);
  const y = grey * lightness;
  return [y + p, y + (q - p) / 2, y - (q + p) / 2];
}

export const distance = (a: Rgb, b: Rgb): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
