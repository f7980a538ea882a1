import { clamp, hex, mix, palette, type Rgb, ramp, smooth } from './colour.ts';
import { noise2 } from './noise.ts';

/** A jug, a bottle, a bowl and pears on a table: the motif of the cubes, 0.81 wide and 1 high. */

type Profile = readonly (readonly [y: number, halfWidth: number])[];
type Thing = { x: number; profile: Profile; colours: readonly Rgb[]; gloss: number };

const slate = palette('#1f262b', '#3f4f58', '#728690', '#b4c0bd', '#f3efe0');
const olive = palette('#14180f', '#2f3a1e', '#5b6330', '#96924f', '#e6e0a8');
const ochre = palette('#3b1f12', '#8a4a1f', '#c98332', '#e8b95a', '#fbe9b0');
const clay = palette('#2a120d', '#6e2c1c', '#a84e2e', '#d08a5c', '#f3d9b4');
const pear = palette('#3a2f14', '#78692a', '#b59a3c', '#dcc765', '#f7eeb8');

const things: Thing[] = [
  {
    x: 0.57,
    gloss: 0.9,
    colours: olive,
    profile: [
      [0.12, 0.026],
      [0.15, 0.03],
      [0.155, 0.024],
      [0.3, 0.026],
      [0.36, 0.07],
      [0.42, 0.083],
      [0.68, 0.08],
      [0.7, 0.07],
    ],
  },
  {
    x: 0.31,
    gloss: 0.7,
    colours: slate,
    profile: [
      [0.25, 0.085],
      [0.29, 0.066],
      [0.36, 0.06],
      [0.43, 0.1],
      [0.52, 0.14],
      [0.61, 0.135],
      [0.7, 0.095],
      [0.73, 0.08],
    ],
  },
  {
    x: 0.5,
    gloss: 0.4,
    colours: clay,
    profile: [
      [0.655, 0.19],
      [0.675, 0.187],
      [0.73, 0.16],
      [0.78, 0.1],
      [0.8, 0.07],
    ],
  },
  {
    x: 0.42,
    gloss: 0.6,
    colours: pear,
    profile: [
      [0.555, 0.012],
      [0.575, 0.03],
      [0.61, 0.04],
      [0.66, 0.06],
      [0.68, 0.055],
    ],
  },
  {
    x: 0.54,
    gloss: 0.6,
    colours: ochre,
    profile: [
      [0.565, 0.01],
      [0.585, 0.032],
      [0.62, 0.046],
      [0.66, 0.058],
      [0.68, 0.05],
    ],
  },
  {
    x: 0.2,
    gloss: 0.6,
    colours: ochre,
    profile: [
      [0.7, 0.012],
      [0.725, 0.032],
      [0.77, 0.048],
      [0.82, 0.07],
      [0.86, 0.055],
      [0.87, 0.03],
    ],
  },
  {
    x: 0.7,
    gloss: 0.6,
    colours: pear,
    profile: [
      [0.74, 0.012],
      [0.77, 0.034],
      [0.81, 0.05],
      [0.86, 0.07],
      [0.9, 0.055],
      [0.91, 0.03],
    ],
  },
];

function halfWidth(profile: Profile, y: number): number {
  for (let i = 0; i + 1 < profile.length; i++) {
    const [y0, w0] = profile[i] as readonly [number, number];
    const [y1, w1] = profile[i + 1] as readonly [number, number];
    if (y >= y0 && y <= y1) return w0 + (w1 - w0) * smooth(y0, y1, y);
  }
  return 0;
}

function turned(thing: Thing, x: number, y: number): Rgb | undefined {
  const half = halfWidth(thing.profile, y);
  const side = (x - thing.x) / half;
  if (half === 0 || Math.abs(side) > 1) return undefined;
  const light = 0.74 - Math.abs(side + 0.35) * 0.55 - side * 0.12;
  const shine = Math.exp(-(((side + 0.45) / 0.12) ** 2)) * thing.gloss * 0.45;
  const bounce = smooth(0.75, 1, side) * 0.2;
  return ramp(thing.colours, light + shine + bounce);
}

/** The jug's handle: half a ring. */
function handle(x: number, y: number): Rgb | undefined {
  const ring = Math.hypot((x - 0.215) * 1.25, y - 0.41);
  if (x > 0.24 || Math.abs(ring - 0.1) > 0.018) return undefined;
  return ramp(slate, 0.5 + (0.1 - ring) * 16 - (y - 0.4) * 1.2);
}

export function stillLife(x: number, y: number): Rgb {
  for (let i = things.length - 1; i >= 0; i--) {
    const seen = turned(things[i] as Thing, x, y);
    if (seen) return seen;
  }
  const ear = handle(x, y);
  if (ear) return ear;
  const back = 0.6 + (x - 0.4) * 0.1;
  if (y > back) {
    // A pale cloth with folds hangs over a table of warm wood.
    const cloth = x + (y - 0.6) * 0.7 > 0.34 && x - (y - 0.6) * 0.5 < 0.62;
    const fold = Math.sin(x * 34 + y * 16 + noise2(x * 5, y * 5) * 3);
    const shade = smooth(0.22, 0, Math.hypot((x - 0.5) * 0.8, (y - 0.8) * 2.2)) * 0.4;
    if (cloth) return ramp(palette('#4d4033', '#9b8a70', '#d9cba8', '#f7f0dc'), 0.66 + fold * 0.22 - shade);
    return ramp(
      palette('#2e1a10', '#6b3d1f', '#a56a33', '#d9a45e'),
      0.55 + 0.25 * Math.sin(y * 60 + x * 6) * 0.5 - shade,
    );
  }
  const beam = smooth(0.25, -0.2, Math.abs(x * 0.8 + y * 0.9 - 0.5)) * 0.35;
  const wall = ramp(
    palette('#2a1d18', '#5a4230', '#8f7350', '#c9b084'),
    0.38 + beam + noise2(x * 6, y * 6) * 0.16 - y * 0.1,
  );
  const panel = clamp((x - 0.66) * 30);
  return mix(wall, hex('#3f4a46'), panel * 0.55);
}

/** The edges of the things as lines of points. */
export function outlines(): [number, number][][] {
  return things.flatMap(({ x, profile }) => {
    const top = (profile[0] as readonly [number, number])[0];
    const bottom = (profile[profile.length - 1] as readonly [number, number])[0];
    return [-1, 1].map((side) => {
      const line: [number, number][] = [];
      // A few points only, so that the curves become angular.
      const count = Math.max(4, Math.round((bottom - top) / 0.055));
      for (let i = 0; i <= count; i++) {
        const y = top + ((bottom - top) * i) / count;
        line.push([x + side * halfWidth(profile, y), y]);
      }
      return line;
    });
  });
}
