import { mix } from '../colour.ts';
import type { Random } from '../random.ts';
import { foliage, plain } from './looks.ts';
import { real } from './paints.ts';
import { box, carved } from './solids.ts';
import type { Leaf, Solid, Vec } from './trace.ts';

/** What lives in the town: trees and people. */

/** A tree: a trunk, some boughs, and thousands of leaf clumps round a few centres. */
export function tree(
  x: number,
  foot: number,
  z: number,
  tall: number,
  random: Random,
  clumps = 1500,
): { solids: Solid[]; leaves: Leaf[] } {
  const solids: Solid[] = [];
  const leaves: Leaf[] = [];
  const bark = plain(real('#5a4a3c'), 0.5);
  const girth = tall * 0.022;
  solids.push(box([x - girth, foot - 1, z - girth], [x + girth, foot + tall * 0.55, z + girth], bark));
  const green = mix(real('#5f7a34'), real('#8a8f3a'), random.next());
  const puffs: [Vec, number][] = [];
  for (let i = 0; i < 9; i++) {
    const angle = i * 2.4;
    const high = random.between(0.38, 0.88);
    const out = tall * random.between(0.08, 0.24) * Math.sin(Math.PI * (high - 0.1));
    puffs.push([
      [x + Math.cos(angle) * out, foot + tall * high, z + Math.sin(angle) * out],
      tall * random.between(0.1, 0.17),
    ]);
  }
  for (let i = 0; i < clumps; i++) {
    const [middle, size] = random.pick(puffs);
    const way: Vec = [random.bell(), random.bell() * 0.8, random.bell()];
    const length = Math.hypot(...way) + 1e-6;
    const shell = size * random.between(0.55, 1.12);
    const centre = middle.map((m, a) => m + ((way[a] as number) / length) * shell) as unknown as Vec;
    const tilt = way.map((w) => w / length + random.bell() * 0.6) as [number, number, number];
    const n = Math.hypot(...tilt);
    leaves.push({
      centre,
      normal: [tilt[0] / n, tilt[1] / n, tilt[2] / n],
      radius: tall * random.between(0.011, 0.022) * Math.sqrt(1500 / clumps),
      look: foliage(green, leaves.length),
    });
  }
  return { solids, leaves };
}

/** Someone on a walk. */
export function walker(x: number, foot: number, z: number, coat: string): Solid[] {
  const solids: Solid[] = [];
  const dress = plain(real(coat));
  const dark = plain(real('#3a3633'));
  for (const side of [-0.11, 0.11]) {
    solids.push(box([x + side - 0.08, foot, z - 0.1], [x + side + 0.08, foot + 0.8, z + 0.1], dark));
  }
  solids.push(
    carved([x - 0.3, foot + 0.6, z - 0.2], [x + 0.3, foot + 1.48, z + 0.2], dress, [
      [
        [1, 0.25, 0],
        [x + 0.24, foot + 1.3, z],
      ],
      [
        [-1, 0.25, 0],
        [x - 0.24, foot + 1.3, z],
      ],
      [
        [1, 1.4, 0],
        [x + 0.2, foot + 1.42, z],
      ],
      [
        [-1, 1.4, 0],
        [x - 0.2, foot + 1.42, z],
      ],
    ]),
  );
  const head: Vec = [x, foot + 1.62, z];
  const round = [-1, 1].flatMap((a) =>
    [-1, 1].map(
      (b) =>
        [
          [a, b, 0],
          [x + a * 0.085, head[1] + b * 0.1, z],
        ] as const,
    ),
  );
  solids.push(
    carved(
      [x - 0.11, foot + 1.46, z - 0.11],
      [x + 0.11, foot + 1.78, z + 0.11],
      plain(real('#b58a6a')),
      round,
    ),
  );
  return solids;
}
