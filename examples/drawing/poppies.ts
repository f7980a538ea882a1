import { bloom, type Flower } from './blooms.ts';
import { bristles } from './brush.ts';
import { bareCanvas, lit } from './canvas.ts';
import { add, hex, mix, palette, type Rgb, ramp, shift, smooth } from './colour.ts';
import { fractal2, noise2 } from './noise.ts';
import { type Layer, paint } from './painter.ts';
import { type Picture, picture } from './picture.ts';
import { type Random, seeded } from './random.ts';

/** Poppies in a summer meadow: short broken dabs of warm paint, the canvas showing between them. */

const width = 1536;
const height = 1152;

/** Places are in units of the picture's height: x from 0 to 1.33, y from 0 (top) to 1. */
const skyline = (x: number) => 0.37 + 0.02 * Math.sin(x * 4 + 0.5) + noise2(x * 5, 9) * 0.008;
const hills = (x: number) => 0.335 - 0.05 * Math.sin(x * 3.1 + 0.4) - 0.03 * noise2(x * 3.4, 2);

const sky = palette('#5f9bd1', '#8fbfe0', '#c3dbe2', '#f3e6c8');
const cloud = palette('#b9b3cf', '#f0d9c0', '#fffaf0');
const far = palette('#8f8fc0', '#7f9bb4', '#9cae92');
const leaves = palette('#2b3566', '#27524f', '#43763c', '#8a9a3e', '#dcc258');
const grass = palette('#2f5560', '#3f7048', '#6f8f3e', '#a89a48', '#d9b65e', '#efdca0');
const earth = palette('#8a6fa0', '#c99a6a', '#efd3a0');

type Tree = { x: number; foot: number; wide: number; tall: number };

const trees: Tree[] = [
  { x: 0.09, foot: 0.41, wide: 0.062, tall: 0.33 },
  { x: 0.2, foot: 0.405, wide: 0.05, tall: 0.26 },
  { x: 0.285, foot: 0.4, wide: 0.042, tall: 0.2 },
  { x: 0.355, foot: 0.395, wide: 0.034, tall: 0.15 },
  { x: 1.21, foot: 0.43, wide: 0.16, tall: 0.24 },
  { x: 1.06, foot: 0.405, wide: 0.08, tall: 0.12 },
];

/** How deep inside a tree's crown a place lies (below 0: outside), and on which side of it. */
function crown(tree: Tree, x: number, y: number): { depth: number; side: number } {
  const middle = tree.foot - tree.tall * 0.5;
  const dx = (x - tree.x) / tree.wide;
  const dy = (y - middle) / (tree.tall * 0.52);
  const rough = fractal2(x * 26, y * 26, 2) * 0.35;
  return { depth: 1 - Math.hypot(dx * (1 + 0.25 * dy), dy) + rough, side: dx * 0.8 - dy * 0.6 };
}

function path(x: number, y: number): number {
  const t = (y - 0.38) / 0.62;
  const middle = 0.76 - 0.12 * Math.sin(t * 4.2) - 0.22 * t;
  return 1 - Math.abs(x - middle) / (0.008 + 0.12 * t * t);
}

function motifAt(x: number, y: number): Rgb {
  for (const tree of trees) {
    const { depth, side } = crown(tree, x, y);
    if (depth > 0) {
      const light = 0.35 + side * -0.05 + (tree.x > x ? 0.22 : -0.08) + fractal2(x * 18, y * 18, 2) * 0.45;
      return ramp(leaves, light - (y - tree.foot + tree.tall * 0.5) * 0.9);
    }
  }
  if (y > 0.335 && y < 0.392 && Math.abs(x - 0.55) < 0.062) return cottage(x - 0.55, y);
  if (y < skyline(x)) {
    if (y > hills(x)) return ramp(far, (y - hills(x)) * 9 + noise2(x * 20, y * 40) * 0.25);
    const puff = fractal2(x * 2.6 + 3, y * 5.2, 4) + 0.12 - Math.abs(y - 0.17) * 0.9;
    const blue = ramp(sky, y * 2.6);
    const lump = fractal2(x * 6 + 0.25, y * 11 + 0.5, 3);
    return mix(blue, ramp(cloud, 0.62 + lump * 1.3 - (y - 0.15) * 1.1), smooth(0, 0.22, puff));
  }
  const near = (y - skyline(x)) / (1 - skyline(x));
  const stretch = 1 / (0.06 + near);
  const swell = fractal2(x * 1.2 * stretch + 5, Math.log(0.06 + near) * 4.5, 3);
  let field = ramp(grass, 0.6 + swell * 0.75 - near * 0.24);
  const track = path(x, y);
  if (track > -0.25) {
    const worn = ramp(earth, 0.62 + swell * 0.5 - smooth(0.5, 0, track) * 0.25);
    field = mix(field, worn, smooth(-0.15, 0.25, track + noise2(x * 30, y * 30) * 0.2));
  }
  let shade = 0;
  for (const tree of trees) {
    const reach = (x - tree.x - (y - tree.foot) * 1.5) / (tree.wide * 1.1);
    shade = Math.max(
      shade,
      smooth(1.2, 0.5, Math.abs(reach)) *
        smooth(tree.tall * 0.55, tree.tall * 0.3, y - tree.foot) *
        smooth(-0.01, 0.01, y - tree.foot),
    );
  }
  const cool = mix(
    ramp(leaves, 0.3 + swell * 0.5),
    hex('#45509c'),
    smooth(0, 0.4, noise2(x * 22, y * 40)) * 0.6,
  );
  return mix(field, cool, shade * 0.85);
}

function cottage(dx: number, y: number): Rgb {
  if (y < 0.366) {
    if (Math.abs(dx - 0.03) < 0.007 && y < 0.35) return hex('#8a4a3a');
    if (y < 0.343 + Math.max(0, Math.abs(dx) - 0.048) * 1.4) return hex('#9a92c0');
    return mix(hex('#e0743c'), hex('#b04a36'), smooth(-0.05, 0.06, dx));
  }
  const pane = Math.abs(Math.abs(dx) - 0.03) < 0.006 && y > 0.372 && y < 0.384;
  if (pane || (Math.abs(dx) < 0.007 && y > 0.371)) return hex('#47507f');
  return mix(hex('#fff2d6'), hex('#c9b7d8'), smooth(0, 0.05, dx));
}

/** Every dab has its own hue, and now and then one answers in the complementary colour. */
function vibrate(random: Random, turn: number, spread: number, answers: number) {
  return (c: Rgb): readonly [Rgb, Rgb] => {
    const tone = 1 + random.bell() * spread;
    let one = shift(c, random.bell() * turn, 1.12, tone);
    if (random.next() < answers) one = mix(shift(c, Math.PI + random.bell() * 0.4, 1.1, tone), c, 0.35);
    return [one, shift(one, random.bell() * turn, 1.1, 1 + random.bell() * 0.16)];
  };
}

function dabDirection(x: number, y: number): number {
  const nx = x / height;
  const ny = y / height;
  for (const tree of trees) {
    if (crown(tree, nx, ny).depth > 0) return -1.3 + noise2(nx * 9, ny * 9) * 1.1;
  }
  if (ny < hills(nx)) return -0.35 + noise2(nx * 3, ny * 5) * 1.2;
  if (ny < skyline(nx)) return 0.15;
  if (path(nx, ny) > 0) return 0.2 + noise2(nx * 6, ny * 6) * 0.5;
  return -1.45 + noise2(nx * 5, ny * 5) * 0.7;
}

export function poppies(): Picture {
  const random = seeded(5);
  const motif = picture(width, height, (x, y) => motifAt(x / height, y / height));
  const canvas = bareCanvas(width, height, hex('#d9b98a'), 4.4, 0.55);
  const common = { direction: dabDirection, tip: bristles, hold: 0.3 } as const;

  const layers: Layer[] = [
    {
      ...common,
      radius: 17,
      spacing: 24,
      length: [18, 50],
      stray: 0.5,
      body: 0.8,
      load: [0.45, 1.1],
      mixing: vibrate(random, 0.16, 0.09, 0.03),
    },
    {
      ...common,
      radius: 10,
      spacing: 15,
      length: [12, 34],
      stray: 0.4,
      body: 1.2,
      load: [0.5, 1.2],
      mixing: vibrate(random, 0.22, 0.13, 0.05),
      density: () => 0.85,
    },
    {
      ...common,
      radius: 6.5,
      spacing: 11.5,
      length: [9, 24],
      stray: 0.4,
      body: 1.5,
      load: [0.6, 1.2],
      mixing: vibrate(random, 0.25, 0.16, 0.06),
      density: (_, y) => (y < height * 0.33 ? 0.38 : 0.72),
      hold: 0.2,
    },
    {
      ...common,
      radius: 4,
      spacing: 8,
      length: [6, 16],
      stray: 0.3,
      body: 1.5,
      load: [0.7, 1.3],
      mixing: vibrate(random, 0.2, 0.14, 0.04),
      density: (_, y) => (Math.abs(y / height - 0.37) < 0.06 ? 0.9 : 0.12),
      hold: 0.16,
    },
  ];
  for (const layer of layers) paint(canvas, motif, layer, random);

  blades(canvas, motif, random);
  bloom(canvas, flowers(random), random);
  return lit(canvas, 2, 0.35);
}

/** Where poppies stand, the farthest first; they gather in drifts and keep off the path. */
function flowers(random: Random): Flower[] {
  const out: Flower[] = [];
  for (let i = 0; i < 6500; i++) {
    const near = random.next() ** 1.7;
    const x = random.between(-0.02, width / height + 0.02);
    const y = skyline(x) + 0.02 + near * (0.98 - skyline(x));
    const drift = fractal2((x * 1.9) / (0.1 + near) ** 0.4 + 6, Math.log(0.06 + near) * 3 + 3, 2);
    if (path(x, y) > -0.12 || random.next() > (0.06 + smooth(-0.12, 0.36, drift) * 0.9) * (0.8 - near * 0.45))
      continue;
    const size = (2.2 + 21 * near ** 1.15) * random.between(0.7, 1.35);
    out.push({ x: x * height, y: y * height, size });
  }
  return out.sort((a, b) => a.y - b.y);
}

/** Long upright strokes of grass in the foreground. */
function blades(canvas: ReturnType<typeof bareCanvas>, motif: Picture, random: Random): void {
  paint(
    canvas,
    motif,
    {
      radius: 3.6,
      spacing: 17,
      length: [24, 80],
      stray: 0.35,
      hold: 9,
      tip: bristles,
      body: 1.4,
      load: [0.4, 1],
      direction: (x, y) => -1.55 + noise2(x / 160, y / 160) * 0.8,
      density: (x, y) => (path(x / height, y / height) > 0.1 ? 0 : smooth(0.55, 0.95, y / height) * 0.9),
      mixing: (c) => {
        const light = ramp(grass, random.next() ** 0.8);
        const one = shift(mix(c, light, 0.7), random.bell() * 0.2, 1.2, 1 + random.bell() * 0.15);
        return [one, add(one, hex('#201808'))];
      },
    },
    random,
  );
}
