import { type Rgb, scale } from '../colour.ts';
import { noise2 } from '../noise.ts';
import { plain } from './looks.ts';
import { real, white } from './paints.ts';
import { box, carved, turned } from './solids.ts';
import type { Look, Solid, Vec } from './trace.ts';

export type Boat = { x: number; z: number; long: number; paint: string; cabin: boolean; angle: number };

type Cut = readonly [way: Vec, through: Vec];

/** A wooden boat that lies at an angle in the water, with thwarts or with a cabin. */
export function boat({ x, z, long, paint, cabin, angle }: Boat): Solid[] {
  const wide = long * 0.17;
  const high = long * (cabin ? 0.12 : 0.095);
  const bow = z + long / 2;
  const stern = z - long / 2;
  const look = planks(x, high, real(paint));
  const wood = plain(real('#8a6540'), 0.4);

  /** The sides of the hull, drawn inwards by `inset`; the foremost ones meet at the bow. */
  const sides = (inset: number): Cut[] => [
    [
      [1, -0.42, 0],
      [x + wide - inset, high, z],
    ],
    [
      [-1, -0.42, 0],
      [x - wide + inset, high, z],
    ],
    [
      [1, -0.3, 0.52],
      [x, high, bow - inset * 2],
    ],
    [
      [-1, -0.3, 0.52],
      [x, high, bow - inset * 2],
    ],
    [
      [0, -0.3, -1],
      [x, high, stern + inset],
    ],
  ];
  const outer = sides(0);
  const part = (top: number, more: readonly Cut[], skin: Look) =>
    carved([x - wide, -0.5, stern], [x + wide, top, bow], skin, [...outer, ...more]);

  const solids: Solid[] = [];
  if (cabin) solids.push(part(high, [], look), ...house(x, z, wide, high, long));
  else {
    solids.push(part(0.16, [], wood));
    // Each side is what lies between the hull's outer skin and its inner one.
    for (const [way, through] of sides(0.1)) {
      solids.push(part(high, [[[-way[0], -way[1], -way[2]], through]], look));
    }
    for (const seat of [-0.3, -0.03, 0.2]) {
      const half = wide * (seat > 0.1 ? 0.72 : 0.88);
      const at = z + seat * long;
      solids.push(box([x - half, high - 0.2, at], [x + half, high - 0.13, at + 0.3], wood));
    }
  }
  return turned(solids, x, z, angle);
}

const planks =
  (x: number, high: number, hull: Rgb): Look =>
  (at, normal) => {
    if (normal[1] > 0.7) {
      const gap = Math.abs(((at[0] - x) * 4) % 1) < 0.12 ? 0.6 : 1;
      return { colour: scale(real('#a5855c'), gap), mirror: 0 };
    }
    const strake = (at[1] * 5) % 1 < 0.12 ? 0.75 : 1;
    const colour = at[1] > high - 0.12 ? white : at[1] < 0.14 ? real('#4a2620') : hull;
    return { colour: scale(colour, strake * (0.9 + noise2(at[2] * 2, at[1] * 9) * 0.15)), mirror: 0.03 };
  };

function house(x: number, z: number, wide: number, high: number, long: number): Solid[] {
  const glass: Look = (at, normal) => {
    const u = Math.abs(normal[0]) > 0.5 ? at[2] : at[0] * 1.3;
    const pane =
      normal[1] < 0.5 && at[1] > high + 0.5 && at[1] < high + 1.05 && Math.abs((u * 0.9) % 1) > 0.25;
    return pane ? { colour: [0.03, 0.04, 0.05], mirror: 0.5 } : { colour: scale(white, 0.8), mirror: 0 };
  };
  const timber = plain(real('#7d6040'));
  const mast = z + long * 0.2;
  const rim = plain(real('#8a6a48'));
  return [
    box([x - wide * 0.6, high - 0.1, z - long * 0.28], [x + wide * 0.6, high + 1.25, z + long * 0.1], glass),
    box(
      [x - wide * 0.7, high + 1.25, z - long * 0.31],
      [x + wide * 0.7, high + 1.36, z + long * 0.13],
      plain(real('#7a3a2c')),
    ),
    box([x - 0.05, high, mast], [x + 0.05, high + long * 0.62, mast + 0.1], timber),
    box([x - 0.03, high + 0.9, z - long * 0.3], [x + 0.03, high + 0.98, mast], timber),
    box([x - wide, high, z - long * 0.5], [x - wide + 0.1, high + 0.22, z + long * 0.2], rim),
    box([x + wide - 0.1, high, z - long * 0.5], [x + wide, high + 0.22, z + long * 0.2], rim),
  ];
}
