import { bristles } from './brush.ts';
import { bareCanvas, lit } from './canvas.ts';
import { add, hex, lerp, mix, palette, type Rgb, ramp, scale, shift, smooth } from './colour.ts';
import { fractal2, noise2 } from './noise.ts';
import { paint } from './painter.ts';
import { type Picture, picture } from './picture.ts';
import { seeded } from './random.ts';

/** A night wind over the sea, a lighthouse, the moon: long curling strokes of thick paint. */

const width = 1536;
const height = 1152;
const horizon = 0.63;

/** Places are in units of the picture's height: x from 0 to 1.33, y from 0 (top) to 1. */
type Whirl = { x: number; y: number; size: number; spin: number; pull: number };

const whirls: Whirl[] = [
  { x: 0.36, y: 0.23, size: 0.17, spin: 2.4, pull: 0 },
  { x: 0.72, y: 0.34, size: 0.13, spin: -2.1, pull: 0.25 },
  { x: 0.98, y: 0.12, size: 0.13, spin: 1.9, pull: 0.2 },
  { x: 0.07, y: 0.45, size: 0.1, spin: -1.9, pull: 0.2 },
  { x: 0.62, y: 0.07, size: 0.08, spin: -1.6, pull: 0.2 },
  { x: 1.27, y: 0.33, size: 0.1, spin: -1.7, pull: 0.2 },
  { x: 0.24, y: 0.79, size: 0.075, spin: 2.2, pull: 0.3 },
  { x: 0.62, y: 0.9, size: 0.085, spin: 2.2, pull: 0.3 },
  { x: 0.78, y: 0.73, size: 0.05, spin: 1.9, pull: 0.3 },
  { x: 0.02, y: 0.94, size: 0.07, spin: 2, pull: 0.3 },
];

const moon = { x: 0.36, y: 0.23 };
const lamp = { x: 1.045, y: 0.385 };

/** How high the land stands at `x`, as the y of its upper edge. */
function shore(x: number): number {
  const rise = smooth(0.82, 1.06, x) * 0.17 + smooth(1.1, 1.36, x) * 0.05;
  return 0.745 - rise + noise2(x * 9, 3.3) * 0.012 - smooth(0.8, 0.84, x) * 0.02;
}

/** How far below the foot of the cliff a place in the sea lies. */
const shoreGap = (x: number, y: number) => (x < 0.8 ? Math.hypot(x - 0.8, y - 0.76) : y - foot(x));
const foot = (x: number) => 0.77 + (x - 0.8) * 0.42 + noise2(x * 14, 1) * 0.02;
const onLand = (x: number, y: number) => x > 0.8 && y > shore(x) && y < foot(x);

function wind(x: number, y: number): number {
  const sea = smooth(horizon - 0.02, horizon + 0.03, y);
  let vx = 1;
  let vy = lerp(
    0.35 * Math.sin(x * 5 + 1) + 0.3 * noise2(x * 2.2, y * 2.2),
    0.28 * Math.sin(x * 13 + y * 22),
    sea,
  );
  for (const whirl of whirls) {
    if (whirl.y < horizon === y > horizon) continue;
    const dx = x - whirl.x;
    const dy = (y - whirl.y) * (sea > 0.5 ? 1.35 : 1);
    const near = Math.hypot(dx, dy) / whirl.size;
    const force = (whirl.spin * 1.5 * Math.exp(-near * near * 0.55)) / (near + 0.15);
    vx += (-dy / whirl.size) * force - (dx / whirl.size) * force * whirl.pull;
    vy += (dx / whirl.size) * force - (dy / whirl.size) * force * whirl.pull;
  }
  if (onLand(x, y)) return 0.55 * Math.sin(x * 9) - 0.5 + noise2(x * 7, y * 7) * 0.9;
  return Math.atan2(vy, vx);
}

/** Noise drawn out along the wind, so that light and dark run in bands with the strokes. */
function bands(): (x: number, y: number) => number {
  const columns = 400;
  const rows = 300;
  const heading = new Float32Array(columns * rows);
  for (let i = 0; i < heading.length; i++)
    heading[i] = wind((i % columns) / rows, Math.floor(i / columns) / rows);
  const drawn = new Float32Array(columns * rows);
  for (let i = 0; i < drawn.length; i++) {
    let sum = 0;
    for (const way of [1, -1]) {
      let x = i % columns;
      let y = Math.floor(i / columns);
      for (let step = 0; step < 34; step++) {
        if (x < 0 || y < 0 || x >= columns || y >= rows) break;
        const angle = heading[Math.floor(y) * columns + Math.floor(x)] as number;
        sum += noise2(x / 6.5, y / 6.5) + 0.6 * noise2(x / 17, y / 17 + 40);
        x += Math.cos(angle) * way;
        y += Math.sin(angle) * way;
      }
    }
    drawn[i] = sum / 30;
  }
  return (x, y) => {
    const column = Math.min(columns - 1, Math.max(0, Math.round(x * rows)));
    const row = Math.min(rows - 1, Math.max(0, Math.round(y * rows)));
    return drawn[row * columns + column] as number;
  };
}

const night = palette('#0a1338', '#152a6e', '#1d4aa3', '#3179c4', '#74b0d6', '#cfe3dc');
const deep = palette('#08203a', '#0d4263', '#156f8e', '#279fa8', '#7ccbb8', '#e4efd2');
const gold = palette('#d07f22', '#eeb632', '#f9dc62', '#fff5c4');
const earth = palette('#160f2a', '#33204a', '#5a3550', '#7a5a48', '#a8904a', '#e0bd55');

function motif(band: (x: number, y: number) => number): Picture {
  return picture(width, height, (px, py) => {
    const x = px / height;
    const y = py / height;
    const b = band(x, y);
    const toMoon = Math.hypot(x - moon.x, y - moon.y);
    const toLamp = Math.hypot(x - lamp.x, y - lamp.y);
    const house = building(x, y);
    if (house) return house;
    if (onLand(x, y)) {
      const edge = smooth(0.05, 0, y - shore(x));
      return ramp(
        earth,
        0.46 + b * 0.45 + edge * 0.3 - (y - 0.6) * 0.55 + fractal2(x * 14, y * 14, 2) * 0.25,
      );
    }
    if (y < horizon) {
      let sky = ramp(night, 0.33 + b * 0.55 + smooth(0.25, horizon, y) * 0.16);
      const ring = 0.5 + 0.5 * Math.cos(toMoon * 95 + b * 2);
      const glow = Math.exp(-toMoon * 7.5) * (0.55 + 0.6 * ring);
      sky = warmed(sky, ramp(gold, 0.3 + glow * 0.65 + b * 0.3), glow * 1.5 + (b - 0.1) * glow);
      if (toMoon < 0.062) return ramp(gold, 0.85 + b * 0.2);
      const halo = Math.exp(-toLamp * 11) * (0.8 + 0.5 * Math.cos(toLamp * 120));
      sky = warmed(sky, ramp(gold, 0.3 + halo), halo * 1.3);
      const low = smooth(horizon - 0.13, horizon, y) * smooth(0.25, -0.1, b) * 0.55;
      return mix(sky, hex('#d98a3e'), low * (0.5 + 0.5 * noise2(x * 4, y * 18)));
    }
    const far = smooth(horizon + 0.12, horizon, y);
    let sea = ramp(deep, 0.34 + b * 0.68 + far * 0.14);
    const surf =
      x > 0.72 ? smooth(0.07, 0, shoreGap(x, y)) * smooth(-0.35, 0.2, b + noise2(x * 20, y * 20) * 0.4) : 0;
    sea = mix(sea, hex('#e9f2df'), surf * 0.8);
    const spread = 0.045 + (y - horizon) * 0.3;
    const path = Math.exp(-(((x - moon.x - noise2(y * 30, 2) * 0.03) / spread) ** 2));
    const broken = smooth(-0.4, 0.15, noise2(x * 7, y * 40) + b * 0.5);
    sea = mix(sea, ramp(gold, 0.35 + b * 0.5 + far * 0.3), path * broken * 0.95);
    const crest = smooth(0.32, 0.62, b) * smooth(horizon, horizon + 0.1, y);
    return mix(sea, hex('#eef0dc'), crest * 0.7);
  });
}

/** From blue to gold by way of a pale green, for straight between them lies only grey. */
function warmed(cool: Rgb, hot: Rgb, t: number): Rgb {
  const between = hex('#7fb59a');
  return t < 0.4 ? mix(cool, between, smooth(0.05, 0.4, t) * 0.9) : mix(between, hot, smooth(0.35, 0.75, t));
}

/** The lighthouse and the keeper's house. */
function building(x: number, y: number): Rgb | undefined {
  const foot = 0.6;
  const half = lerp(0.017, 0.029, smooth(0.4, foot, y));
  const dx = x - lamp.x;
  if (Math.hypot(dx, y - lamp.y) < 0.017) return hex('#fff6c8');
  if (y > 0.352 && y < 0.37 && Math.abs(dx) < (y - 0.345) * 0.9) return hex('#7a2a22');
  if (y > 0.4 && y < 0.412 && Math.abs(dx) < 0.03) return hex('#2a1c30');
  if (y >= 0.41 && y < foot && Math.abs(dx) < half) {
    const red = Math.floor((y - 0.41) / 0.048) % 2 === 1;
    return scale(red ? hex('#c1452e') : hex('#f0e2bd'), 1 - smooth(-half, half, dx) * 0.5);
  }
  const hx = x - 1.15;
  const eaves = 0.545;
  if (Math.abs(hx) < 0.062 && y > eaves - 0.055 + Math.abs(hx) * 0.75 && y < eaves) return hex('#8c3a2c');
  if (Math.abs(hx) < 0.052 && y >= eaves && y < 0.6) {
    const pane = Math.abs(Math.abs(hx) - 0.024) < 0.011 && y > 0.556 && y < 0.583;
    return pane ? hex('#ffd45e') : hex('#8d87a3');
  }
  return undefined;
}

export function swirls(): Picture {
  const random = seeded(11);
  const seen = motif(bands());
  const canvas = bareCanvas(width, height, hex('#1a2a55'), 5, 0.5);
  const direction = (x: number, y: number) => wind(x / height, y / height);
  const mixing = (turn: number, spread: number) => (c: Rgb) => {
    const tone = 1 + random.bell() * spread;
    const one = shift(c, random.bell() * turn, 1.12, tone);
    return [
      one,
      add(shift(one, random.bell() * turn * 1.6, 1.1, 1 + random.bell() * 0.2), [0.02, 0.02, 0.03]),
    ] as const;
  };
  const busy = (x: number, y: number) => {
    for (const [dx, dy] of [
      [0, 0],
      [7, 0],
      [-7, 0],
      [0, 7],
      [0, -7],
    ] as const) {
      if (building((x + dx) / height, (y + dy) / height)) return 1;
    }
    return 0;
  };

  paint(
    canvas,
    seen,
    {
      radius: 21,
      spacing: 20,
      length: [90, 260],
      direction,
      stray: 0.08,
      hold: 0.5,
      mixing: mixing(0.1, 0.1),
      tip: bristles,
      body: 1,
      load: [0.8, 1.3],
    },
    random,
  );
  paint(
    canvas,
    seen,
    {
      radius: 10.5,
      spacing: 13.5,
      length: [60, 240],
      direction,
      stray: 0.06,
      hold: 0.28,
      mixing: mixing(0.13, 0.14),
      tip: bristles,
      body: 1.5,
      load: [0.6, 1.2],
      density: () => 0.9,
    },
    random,
  );
  paint(
    canvas,
    seen,
    {
      radius: 6,
      spacing: 13,
      length: [30, 150],
      direction,
      stray: 0.06,
      hold: 0.2,
      mixing: mixing(0.16, 0.18),
      tip: bristles,
      body: 1.7,
      load: [0.5, 1.1],
      density: () => 0.55,
    },
    random,
  );
  paint(
    canvas,
    seen,
    {
      radius: 4.5,
      spacing: 6,
      length: [8, 40],
      stray: 0.05,
      hold: 0.14,
      direction: (x, y) =>
        Math.abs(x / height - lamp.x) < 0.03 ? 1.5 : x / height > 1.09 && y / height < 0.545 ? 0.6 : 0.05,
      mixing: mixing(0.1, 0.08),
      tip: bristles,
      body: 1.6,
      load: [0.9, 1.3],
      density: busy,
    },
    random,
  );

  return lit(canvas, 2.2, 0.5);
}
