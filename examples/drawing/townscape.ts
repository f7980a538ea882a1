import { add, clamp, lerp, mix, type Rgb, scale, smooth } from './colour.ts';
import { lattice, noise2 } from './noise.ts';
import { develop } from './photograph.ts';
import { type Picture, picture } from './picture.ts';
import { seeded } from './random.ts';
import { air, backdrop, sun, sunlight } from './townscape/sky.ts';
import { town } from './townscape/town.ts';
import { type Hit, type Scene, scene, type Vec } from './townscape/trace.ts';

/** An old town on a river in the light of a low sun, traced ray by ray like a photograph. */

const width = 1024;
const height = 683;
const eye: Vec = [-2.5, 6.2, -7];

/** The way of a ray through a place in the picture (0 to width, 0 to height). */
function ray(x: number, y: number): Vec {
  const wide = 0.6;
  const sx = ((x / width) * 2 - 1) * wide;
  const sy = (0.56 - y / height) * 2 * wide * (height / width);
  const turn = 0.06;
  const vx = sx * Math.cos(turn) + Math.sin(turn);
  const vz = Math.cos(turn) - sx * Math.sin(turn);
  const length = Math.hypot(vx, sy, vz);
  return [vx / length, sy / length, vz / length];
}

const onward = (from: Vec, way: Vec, t: number): Vec => [
  from[0] + way[0] * t,
  from[1] + way[1] * t,
  from[2] + way[2] * t,
];

/** Two numbers from 0 to 1, spread evenly over the rays of one pixel so that its light is less grainy. */
type Dice = { u: number; v: number };

function roll(px: number, py: number, ray: number): Dice {
  const u = lattice(px, py, 1) + ray * 0.7548776662;
  const v = lattice(px, py, 2) + ray * 0.5698402909;
  return { u: u - Math.floor(u), v: v - Math.floor(v) };
}

function around(normal: Vec, dice: Dice): Vec {
  const z = dice.u * 2 - 1;
  const a = dice.v * Math.PI * 2;
  const r = Math.sqrt(1 - z * z);
  const v = [normal[0] + r * Math.cos(a), normal[1] + z, normal[2] + r * Math.sin(a)] as const;
  const length = Math.hypot(...v) + 1e-9;
  return [v[0] / length, v[1] / length, v[2] / length];
}

/** The light that a surface sends to the eye. */
function shade(world: Scene, hit: Hit, at: Vec, way: Vec, dice: Dice): Rgb {
  const { normal } = hit;
  const skin = hit.look(at, normal);
  const off = onward(at, normal, skin.through ? 0.05 : 2e-3);
  const facingSun = normal[0] * sun[0] + normal[1] * sun[1] + normal[2] * sun[2];
  let sunny = Math.max(facingSun, -facingSun * (skin.through ?? 0), 0);
  if (sunny > 0) {
    // The sun is no point: rays to different parts of it make shadows soft.
    const towards: Vec = [sun[0] + (dice.u - 0.5) * 0.014, sun[1] + (dice.v - 0.5) * 0.014, sun[2]];
    if (world.blocked(off, towards, 400)) sunny = 0;
  }
  const open = around(normal, dice);
  const sky: Rgb = open[1] < 0 ? [0.2, 0.165, 0.12] : mix(air(open), [0.3, 0.36, 0.48], 0.6);
  const ambient: Rgb = world.blocked(off, open, 14) ? [0.1, 0.082, 0.066] : sky;
  const light = add(scale(sunlight, sunny), ambient, 0.85);
  const own: Rgb = [skin.colour[0] * light[0], skin.colour[1] * light[1], skin.colour[2] * light[2]];
  if (skin.mirror === 0) return own;
  const facing = 2 * (way[0] * normal[0] + way[1] * normal[1] + way[2] * normal[2]);
  const bounced: Vec = [
    way[0] - normal[0] * facing,
    Math.abs(way[1] - normal[1] * facing),
    way[2] - normal[2] * facing,
  ];
  return mix(own, backdrop(bounced), skin.mirror);
}

function haze(colour: Rgb, way: Vec, far: number): Rgb {
  const veil = 1 - Math.exp(-((far / 460) ** 1.3));
  return mix(colour, mix(air([way[0], 0.03, way[2]]), [0.42, 0.5, 0.64], 0.45), veil);
}

function look(world: Scene, from: Vec, way: Vec, dice: Dice): { colour: Rgb; far: number } {
  const hit = world.nearest(from, way, 900);
  if (!hit) return { colour: backdrop(way), far: Infinity };
  const colour = shade(world, hit, onward(from, way, hit.distance), way, dice);
  return { colour: haze(colour, way, hit.distance), far: hit.distance };
}

/** Ripples: the lean of the water's surface along x and z. */
function ripples(x: number, z: number, far: number): [number, number] {
  const calm = smooth(0.1, 0.5, noise2(x * 0.035 + 4, z * 0.02)) * 0.6;
  const size = (1 - calm) / (1 + far * 0.012);
  const wave = (ax: number, az: number) => noise2(x * ax, z * az);
  const long = wave(0.32, 0.8);
  const short = wave(1.3, 2.9);
  const tiny = wave(4.2, 8);
  return [
    (long * 0.012 + short * 0.014 + tiny * 0.01) * size,
    (noise2(x * 0.3 + 50, z * 0.75) * 0.026 +
      noise2(x * 1.4 + 50, z * 2.7) * 0.03 +
      noise2(x * 4 + 9, z * 9) * 0.016) *
      size,
  ];
}

function water(world: Scene, from: Vec, way: Vec, far: number, dice: Dice): Rgb {
  const at = onward(from, way, far);
  const [leanX, leanZ] = ripples(at[0], at[2], far);
  const n = Math.hypot(leanX, 1, leanZ);
  const normal: Vec = [leanX / n, 1 / n, leanZ / n];
  const facing = -(way[0] * normal[0] + way[1] * normal[1] + way[2] * normal[2]);
  const bounced: Vec = [
    way[0] + 2 * facing * normal[0],
    Math.max(0.004, way[1] + 2 * facing * normal[1]),
    way[2] + 2 * facing * normal[2],
  ];
  const mirrored = look(world, [at[0], 0.002, at[2]], bounced, dice).colour;
  const mirror = 0.06 + 0.94 * (1 - clamp(facing)) ** 4;
  const murk: Rgb = [0.05, 0.075, 0.06];
  const shiny = Math.max(0, bounced[0] * sun[0] + bounced[1] * sun[1] + bounced[2] * sun[2]) ** 600;
  const colour = add(mix(murk, mirrored, lerp(mirror, 1, 0.2)), sunlight, shiny * 0.5);
  return haze(colour, way, far);
}

export function townscape(): Picture {
  const random = seeded(42);
  const { solids, leaves } = town(random);
  const world = scene(solids, leaves);
  const side = 3;
  const raw = picture(width, height, (px, py) => {
    let sum: Rgb = [0, 0, 0];
    for (let s = 0; s < side * side; s++) {
      const dice = roll(px, py, s);
      const way = ray(
        px + ((s % side) + random.next()) / side,
        py + (Math.floor(s / side) + random.next()) / side,
      );
      const seen = look(world, eye, way, dice);
      const surface = way[1] < 0 ? -eye[1] / way[1] : Infinity;
      const colour =
        surface < seen.far && surface < 900 ? water(world, eye, way, surface, dice) : seen.colour;
      // A very bright ray would leave a lone white dot.
      sum = add(
        sum,
        [Math.min(colour[0], 4), Math.min(colour[1], 4), Math.min(colour[2], 4)],
        1 / (side * side),
      );
    }
    return sum;
  });
  return develop(raw, { exposure: 1, glow: 0.14, vignette: 0.25, grain: 0.014 });
}
