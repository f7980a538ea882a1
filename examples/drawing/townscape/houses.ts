import { distance, mix, type Rgb, scale } from '../colour.ts';
import type { Random } from '../random.ts';
import { facade, plain, stone, tiles } from './looks.ts';
import { masonry, real, roofs, shutters, walls, white } from './paints.ts';
import { box, saddle } from './solids.ts';
import type { Look, Solid } from './trace.ts';

/** A street of houses whose fronts look across the river, towards `face` along x. */
export type Street = {
  x: number;
  face: -1 | 1;
  from: number;
  to: number;
  foot: number;
  /** How many storeys a house may have. */
  tall: readonly number[];
  /** Whether it is so far away that small things are left out. */
  far?: boolean;
};

/** The walls of one house, its roof starting at `eaves` and rising by `rise`. */
type Shell = { x0: number; x1: number; z: number; wide: number; face: -1 | 1; eaves: number; rise: number };

/** The houses of a street, side by side, of changing widths, heights and colours. */
export function street(plan: Street, random: Random): Solid[] {
  const solids: Solid[] = [];
  let wall = white;
  let z = plan.from;
  while (z < plan.to) {
    const wide = random.between(4.6, 8.2);
    const x = plan.x - random.between(0, 0.5) * plan.face;
    wall = unlike(wall, random);
    solids.push(...house(plan, x, z, wide - 0.03, wall, random));
    z += wide + (random.next() < 0.1 ? 1.6 : 0);
  }
  return solids;
}

/** A wall colour unlike the neighbour's. */
function unlike(neighbour: Rgb, random: Random): Rgb {
  for (;;) {
    const wall = random.pick(walls);
    if (distance(wall, neighbour) > 0.22) return wall;
  }
}

function house(plan: Street, x: number, z: number, wide: number, wall: Rgb, random: Random): Solid[] {
  const { face, foot } = plan;
  const deep = random.between(8, 11);
  const storeys = random.pick(plan.tall);
  const storey = random.between(2.8, 3.3);
  const front = facade({
    wall,
    frame: mix(white, wall, random.next() * 0.3),
    shutter: random.next() < 0.55 ? random.pick(shutters) : undefined,
    brick: random.next() < 0.4,
    foot,
    storeys,
    storey,
    pitch: wide / Math.max(2, Math.round(wide / 2.1)),
    startX: x,
    startZ: z,
    seed: Math.floor(random.between(0, 900)),
  });
  const gabled = random.next() < 0.62;
  const [x0, x1] = face < 0 ? [x, x + deep] : [x - deep, x];
  const eaves = foot + storeys * storey + 0.3;
  const rise = gabled ? wide * random.between(0.5, 0.75) : deep * random.between(0.32, 0.42);
  const shell = { x0, x1, z, wide, face, eaves, rise };
  return [
    box([x0, foot - 6, z], [x1, eaves, z + wide], front),
    ...(gabled ? gable(shell, front, random) : eavesRoof(shell, front, plan.far ?? false, random)),
    ...chimneys(shell, gabled, random),
  ];
}

/** A roof whose gable faces the river, sometimes behind a stepped front. */
function gable({ x0, x1, z, wide, face, eaves, rise }: Shell, front: Look, random: Random): Solid[] {
  const lap = 0.35;
  const tile = tiles(random.pick(roofs), 'x', front);
  const solids = [saddle([x0, eaves, z - lap], [x1, eaves + rise, z + wide + lap], 'x', tile)];
  if (random.next() < 0.5) return solids;

  const count = 5;
  const [front0, front1] = face < 0 ? [x0 - 0.05, x0 + 0.4] : [x1 - 0.4, x1 + 0.05];
  const cap = plain(white);
  for (let i = 0; i < count; i++) {
    const tread = wide / 2 / count;
    const near = z + tread * i;
    const far = z + wide - tread * i;
    const top = eaves + ((i + 1) / count) * rise * 1.06 + 0.15;
    solids.push(
      box([front0, eaves - 0.5, near], [front1, top, far], front),
      box([front0 - 0.08, top, near - 0.05], [front1 + 0.08, top + 0.14, near + tread + 0.1], cap),
      box([front0 - 0.08, top, far - tread - 0.1], [front1 + 0.08, top + 0.14, far + 0.05], cap),
    );
  }
  return solids;
}

/** A roof that slopes to the river, with dormer windows. */
function eavesRoof(shell: Shell, front: Look, far: boolean, random: Random): Solid[] {
  const { x0, x1, z, wide, face, eaves, rise } = shell;
  const lap = 0.35;
  const pale = plain(scale(white, 0.75));
  const solids = [
    saddle(
      [x0 - lap, eaves, z],
      [x1 + lap, eaves + rise, z + wide],
      'z',
      tiles(random.pick(roofs), 'z', front),
    ),
    box([x0 - lap, eaves - 0.22, z], [x1 + lap, eaves, z + wide], pale),
  ];
  if (far) return solids;

  const glass: Look = () => ({ colour: [0.03, 0.03, 0.04], mirror: 0.5 });
  const tile = tiles(random.pick(roofs), 'x', pale);
  const count = Math.max(1, Math.round(wide / 3.4));
  for (let i = 0; i < count; i++) {
    const middle = z + ((i + 0.5) / count) * wide;
    const [d0, d1] = face < 0 ? [x0 + 0.6, x0 + 3.4] : [x1 - 3.4, x1 - 0.6];
    const [g0, g1] = face < 0 ? [d0 - 0.02, d0] : [d1, d1 + 0.02];
    const top = eaves + Math.min(2.1, rise * 0.6);
    solids.push(
      box([d0, eaves, middle - 0.65], [d1, top, middle + 0.65], pale),
      box([g0, eaves + 0.75, middle - 0.4], [g1, top - 0.15, middle + 0.4], glass),
      saddle([d0 - 0.2, top, middle - 0.85], [d1 + 0.2, top + 0.7, middle + 0.85], 'x', tile),
    );
  }
  return solids;
}

function chimneys({ x0, x1, z, wide, eaves, rise }: Shell, gabled: boolean, random: Random): Solid[] {
  const solids: Solid[] = [];
  const brick = stone(real('#9a5f48'), 0.22);
  const clay = plain(real('#b06a4a'));
  const ridge = eaves + rise;
  const count = random.pick([1, 1, 2]);
  for (let i = 0; i < count; i++) {
    const x = gabled ? random.between(x0 + 2, x1 - 1.5) : (x0 + x1) / 2 + random.bell() * 0.5;
    const y = ridge + random.between(0.5, 1.3);
    const at = gabled ? z + wide * random.pick([0.32, 0.68]) : z + random.between(0.6, wide - 0.6);
    solids.push(
      box([x - 0.45, ridge - 3, at - 0.35], [x + 0.45, y, at + 0.35], brick),
      box([x - 0.53, y, at - 0.43], [x + 0.53, y + 0.14, at + 0.43], plain(masonry)),
    );
    for (const pot of [x - 0.2, x + 0.2]) {
      solids.push(box([pot - 0.12, y + 0.14, at - 0.12], [pot + 0.12, y + 0.6, at + 0.12], clay));
    }
  }
  return solids;
}
