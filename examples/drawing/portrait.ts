import { add, clamp, hex, mix, type Rgb, scale, smooth } from './colour.ts';
import { noise2 } from './noise.ts';
import { develop } from './photograph.ts';
import { blur, type Picture, picture, pixel } from './picture.ts';
import { hairTone, iris, knit, skin, wool } from './portrait/colours.ts';
import { distance, eye, fromHead, inHead, nearest, type Part, strands } from './portrait/figure.ts';
import { type Random, seeded } from './random.ts';

/** A person in soft window light before a garden out of focus. */

const width = 820;
const height = 1024;

type Vec = readonly [number, number, number];

const unit = (x: number, y: number, z: number): Vec => {
  const length = Math.hypot(x, y, z) || 1;
  return [x / length, y / length, z / length];
};
const dot = (a: Vec, b: Vec) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

const eyePoint: Vec = [0.03, -0.4, 8.5];
const key = unit(-0.82, 0.56, 0.56);
const fill = unit(0.9, 0.1, 0.5);
const rimLight = unit(0.75, 0.45, -0.75);
const keyTone: Rgb = [2.15, 1.88, 1.58];
const fillTone: Rgb = [0.17, 0.18, 0.21];
const rimTone: Rgb = [1.5, 1.15, 0.75];

function ray(x: number, y: number): Vec {
  const tall = 0.222;
  return unit(((x / width) * 2 - 1) * tall * (width / height), (1 - (y / height) * 2) * tall, -1);
}

function march(way: Vec): number {
  let t = 6;
  for (let i = 0; i < 110; i++) {
    const d = distance(eyePoint[0] + way[0] * t, eyePoint[1] + way[1] * t, eyePoint[2] + way[2] * t);
    if (d < 0.0006) return t;
    t += d * 0.8;
    if (t > 11) return Infinity;
  }
  return t;
}

function normalAt(p: Vec): Vec {
  const e = 0.0022;
  const a = distance(p[0] + e, p[1] - e, p[2] - e);
  const b = distance(p[0] - e, p[1] - e, p[2] + e);
  const c = distance(p[0] - e, p[1] + e, p[2] - e);
  const d = distance(p[0] + e, p[1] + e, p[2] + e);
  return unit(a - b - c + d, -a - b + c + d, -a + b - c + d);
}

/** How much of a broad lamp is seen from a place: 1 all, 0 none. */
function seen(p: Vec, lamp: Vec, breadth: number): number {
  let open = 1;
  let t = 0.03;
  for (let i = 0; i < 22 && t < 2.6; i++) {
    const d = distance(p[0] + lamp[0] * t, p[1] + lamp[1] * t, p[2] + lamp[2] * t);
    open = Math.min(open, 0.5 + (0.5 * d) / (breadth * t));
    if (open <= 0) return 0;
    t += clamp(d, 0.03, 0.2);
  }
  return open * open * (3 - 2 * open);
}

/** How open to the surroundings a place is: hollows are darker. */
function openness(p: Vec, n: Vec): number {
  let closed = 0;
  for (let i = 1; i <= 5; i++) {
    const reach = 0.012 + 0.075 * i * (i / 3);
    const d = distance(p[0] + n[0] * reach, p[1] + n[1] * reach, p[2] + n[2] * reach);
    closed += Math.max(0, reach - d) / reach / 5;
  }
  return clamp(1 - closed * 0.95);
}

function shine(n: Vec, way: Vec, lamp: Vec, power: number): number {
  const half = unit(lamp[0] - way[0], lamp[1] - way[1], lamp[2] - way[2]);
  return Math.max(0, dot(n, half)) ** power;
}

/** Light on a surface; `wrap` lets it creep round the edge into shadow, reddened as by skin. */
function lightOn(p: Vec, n: Vec, wrap: number): { light: Rgb; open: number; key: number } {
  const raw = dot(n, key);
  const off: Vec = [p[0] + n[0] * 0.012, p[1] + n[1] * 0.012, p[2] + n[2] * 0.012];
  const unhidden = raw > -wrap ? seen(off, key, 0.16) : 0;
  const open = openness(p, n);
  const soft = (w: number) => Math.max(0, (raw + w) / (1 + w));
  const direct: Rgb = [
    soft(wrap) * keyTone[0] * (unhidden * (1 - wrap * 0.3) + wrap * 0.3 * Math.sqrt(unhidden)),
    soft(wrap * 0.45) * keyTone[1] * unhidden,
    soft(wrap * 0.3) * keyTone[2] * unhidden,
  ];
  const sky = 0.5 + 0.5 * n[1];
  const around = scale(mix([0.15, 0.11, 0.085], [0.23, 0.24, 0.27], sky), open);
  let light = add(direct, around);
  light = add(light, fillTone, Math.max(0, dot(n, fill) * 0.7 + 0.3) * open);
  light = add(light, rimTone, Math.max(0, dot(n, rimLight)) * open);
  return { light, open, key: unhidden };
}

const times = (a: Rgb, b: Rgb): Rgb => [a[0] * b[0], a[1] * b[1], a[2] * b[2]];

function shade(part: Part, p: Vec, way: Vec): Rgb {
  const n = normalAt(p);
  const [hx, hy, hz] = inHead(...p);
  const edge = (1 - Math.max(0, -dot(n, way))) ** 3;
  if (part === 'skin') {
    const { light, open, key: lamp } = lightOn(p, n, 0.42);
    const gloss = shine(n, way, key, 18) * 0.1 + shine(n, way, key, 70) * 0.09;
    const tone = skin(hx, hy, hz);
    // Light that has wandered under the skin warms the shadows.
    const warmed = add(times(tone, light), times(tone, [0.3, 0.1, 0.05]), 1 - lamp * 0.7);
    return add(add(warmed, keyTone, gloss * lamp * open), rimTone, edge * 0.06 * open);
  }
  if (part === 'eye') return wetEye(p, way, hx, hy, hz);
  if (part === 'hair') return strandLight(p, n, way, hx, hy, hz);
  const { light, open } = lightOn(p, n, 0.2);
  const tone = part === 'scarf' ? wool(...p) : knit(...p);
  return add(times(tone, light), times(tone, light), edge * 0.6 * open);
}

function wetEye(p: Vec, way: Vec, hx: number, hy: number, hz: number): Rgb {
  const n = unit(...fromHead(hx - Math.sign(hx) * eye.x, hy - eye.y, hz - eye.z));
  const { light, open } = lightOn(p, n, 0.3);
  const base = times(iris(hx, hy, -0.17, 0.02), scale(light, 0.35 + 0.65 * open));
  // The catch-light is the window itself, mirrored: a tall rectangle.
  const facing = 2 * dot(way, n);
  const mirrored: Vec = unit(way[0] - n[0] * facing, way[1] - n[1] * facing, way[2] - n[2] * facing);
  const across = Math.abs(mirrored[0] + 0.48);
  const up = Math.abs(mirrored[1] - 0.36);
  const cross = smooth(0.012, 0.025, across) * smooth(0.012, 0.025, up);
  const inWindow = smooth(0.23, 0.19, across) * smooth(0.27, 0.23, up) * cross * (mirrored[2] > 0 ? 1 : 0);
  return add(
    add(base, [1.25, 1.3, 1.35], inWindow * smooth(0.25, 0.55, open)),
    [0.1, 0.12, 0.14],
    (0.3 + 0.7 * Math.max(0, mirrored[1])) * open * 0.6,
  );
}

/** Hair shines in bands across its strands, not in spots. */
function strandLight(p: Vec, n: Vec, way: Vec, hx: number, hy: number, hz: number): Rgb {
  const { light, open, key: lamp } = lightOn(p, n, 0.25);
  const { across, down } = strands(hx, hy, hz);
  const e = 0.004;
  const to = (dx: number, dy: number, dz: number) =>
    strands(...inHead(p[0] + dx, p[1] + dy, p[2] + dz)).across - across;
  const [gx, gy, gz] = [to(e, 0, 0), to(0, e, 0), to(0, 0, e)];
  // A strand runs in the surface, at right angles to the way in which strands change.
  const along = unit(n[1] * gz - n[2] * gy + 1e-9, n[2] * gx - n[0] * gz, n[0] * gy - n[1] * gx);
  const jitter = noise2(across * 60, down * 1.5) * 0.1 + noise2(across * 12, down) * 0.12;
  const band = (lamp2: Vec, spread: number, offset: number) => {
    const half = unit(lamp2[0] - way[0], lamp2[1] - way[1], lamp2[2] - way[2]);
    return Math.exp(-(((dot(along, half) + jitter + offset) / spread) ** 2));
  };
  const tone = hairTone(hx, hy, hz);
  const facing = smooth(-0.1, 0.5, dot(n, key));
  const gloss = (band(key, 0.14, 0) * 0.3 + band(key, 0.3, 0.15) * 0.22) * facing * lamp * open;
  const rim = Math.max(0, dot(n, rimLight)) ** 1.5 * open;
  const lit = add(times(tone, scale(light, 0.9)), [0.8, 0.56, 0.36], gloss);
  return add(lit, times(add(tone, [0.06, 0.035, 0.015]), rimTone), rim * 1.7);
}

/** Leaves and lights so far out of focus that each bright point becomes a disc. */
function garden(random: Random): Picture {
  const base = picture(width, height, (x, y) => {
    const u = x / width;
    const v = y / height;
    const cloud = noise2(u * 2.4 + 4, v * 2.4) * 0.5 + noise2(u * 5, v * 5 + 9) * 0.25;
    const green = mix([0.035, 0.06, 0.05], [0.16, 0.2, 0.09], clamp(0.45 + cloud - v * 0.3));
    return mix(green, [0.5, 0.36, 0.16], smooth(0.75, 0, Math.hypot(u - 0.95, v - 0.22)) * 0.75);
  });
  const soft = blur(base, 20);
  const tones = ['#f2c46a', '#ffe3a0', '#a8c46a', '#6f9a5a', '#e89a5a', '#d8e0b0'].map(hex);
  for (let i = 0; i < 120; i++) {
    const x = random.next() * width;
    const y = random.next() * height * 0.8;
    const r = random.between(14, 46);
    const tone = random.pick(tones);
    const bright = random.between(0.03, 0.2) * (0.35 + 0.9 * (x / width));
    for (let py = Math.max(0, Math.floor(y - r)); py < Math.min(height, y + r); py++) {
      for (let px = Math.max(0, Math.floor(x - r)); px < Math.min(width, x + r); px++) {
        const d = Math.hypot(px - x, py - y) / r;
        const disc = smooth(1, 0.9, d) * (0.75 + 0.35 * d * d) * bright;
        for (let c = 0; c < 3; c++) {
          const k = (py * width + px) * 3 + c;
          soft.data[k] = (soft.data[k] as number) + disc * (tone[c] as number);
        }
      }
    }
  }
  return blur(soft, 3);
}

function sample(x: number, y: number, behind: Picture): Rgb {
  const way = ray(x, y);
  const t = march(way);
  if (t === Infinity) return pixel(behind, x, y);
  const p: Vec = [eyePoint[0] + way[0] * t, eyePoint[1] + way[1] * t, eyePoint[2] + way[2] * t];
  distance(...p);
  return shade(nearest, p, way);
}

/** Takes more samples where neighbours differ, so that edges and strands are not jagged. */
function refine(rough: Picture, behind: Picture): Picture {
  return picture(rough.width, rough.height, (x, y) => {
    const here = pixel(rough, x, y);
    const tone = (c: Rgb) => Math.sqrt(c[0] * 0.3 + c[1] * 0.6 + c[2] * 0.1);
    let contrast = 0;
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ] as const) {
      contrast = Math.max(contrast, Math.abs(tone(here) - tone(pixel(rough, x + dx, y + dy))));
    }
    if (contrast < 0.07) return here;
    let sum = scale(here, 0.2);
    for (const [dx, dy] of [
      [0.33, 0.25],
      [-0.3, 0.35],
      [0.3, -0.35],
      [-0.35, -0.3],
    ] as const) {
      sum = add(sum, sample(x + dx, y + dy, behind), 0.2);
    }
    return sum;
  });
}

export function portrait(): Picture {
  const behind = garden(seeded(8));
  const rough = picture(width, height, (x, y) => sample(x, y, behind));
  return develop(refine(rough, behind), { exposure: 0.82, glow: 0.08, vignette: 0.3, grain: 0.012 });
}
