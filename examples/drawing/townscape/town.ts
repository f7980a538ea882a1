import type { Random } from '../random.ts';
import { type Boat, boat } from './boats.ts';
import { type Street, street } from './houses.ts';
import { banks, bridge, church } from './landmarks.ts';
import { tree, walker } from './life.ts';
import type { Leaf, Solid } from './trace.ts';

/** Where everything stands. Lengths are in metres: x to the right, y up from the water, z away from the eye. */

const left = -17;
const right = 13;
const quay = 1.7;

const boats: Boat[] = [
  { x: -4.6, z: 15.5, long: 6, paint: '#2f6a7b', cabin: false, angle: 0.75 },
  { x: 10.2, z: 30, long: 10, paint: '#8a2f26', cabin: true, angle: 0.03 },
  { x: 11, z: 46, long: 8, paint: '#d8d2bc', cabin: true, angle: -0.02 },
  { x: 9.3, z: 19.5, long: 5, paint: '#7a8a4a', cabin: false, angle: -0.12 },
  { x: -15, z: 30, long: 6.5, paint: '#5a3a2c', cabin: false, angle: 0.04 },
  { x: -15, z: 42, long: 7, paint: '#39503a', cabin: false, angle: -0.05 },
];

const walkers: [x: number, foot: number, z: number, coat: string][] = [
  [-7, 6.7, 66.5, '#8a3030'],
  [-5.8, 6.8, 66.6, '#3a4a6a'],
  [3.5, 7, 67, '#b08a4a'],
  [15, quay, 38, '#3a4a6a'],
  [15.9, quay, 38.4, '#d8cfc0'],
  [15.2, quay, 52, '#5a5a52'],
  [16, quay, 27, '#2f5a4a'],
  [-19, quay, 31, '#d8cfc0'],
  [-18.6, quay, 45, '#b08a4a'],
];

const streets: Street[] = [
  { x: right + 4.5, face: -1, from: 4, to: 66, foot: quay, tall: [3, 3, 4, 4] },
  { x: right + 4.5, face: -1, from: 75, to: 170, foot: quay, tall: [2, 3, 3, 4] },
  { x: left - 8, face: 1, from: 44, to: 66, foot: quay, tall: [2, 3] },
  { x: left - 5, face: 1, from: 76, to: 170, foot: quay, tall: [2, 3, 3] },
];

/** Streets on the slopes behind the quays, and the end of the valley. */
function farStreets(): Street[] {
  const out: Street[] = [];
  for (let terrace = 0; terrace < 4; terrace++) {
    const common = { to: 180 + terrace * 20, foot: 4.7 + terrace * 3.6, tall: [2, 2, 3], far: true };
    out.push({ ...common, x: right + 19 + terrace * 15, face: -1, from: 30 });
    out.push({ ...common, x: left - 19 - terrace * 15, face: 1, from: 60 });
  }
  for (let x = left - 6; x < right; x += 7) {
    out.push({ x, face: 1, from: 196, to: 203, foot: 2.7, tall: [2, 3], far: true });
  }
  return out;
}

function trees(random: Random): ReturnType<typeof tree>[] {
  const out = (
    [
      [-21, 17, 8.5],
      [-20.5, 26, 9.5],
      [-21, 36, 8.8],
      [-20.6, 47, 8],
      [-21, 57, 7.5],
    ] as const
  ).map(([x, z, tall]) => tree(x, quay, z, tall, random, 2400));
  for (let i = 0; i < 26; i++) {
    const side = random.pick([-1, 1]);
    const x = (side < 0 ? left : right) + side * random.between(15, 75);
    out.push(tree(x, 4 + Math.abs(x) * 0.16, random.between(60, 230), random.between(6, 10), random, 420));
  }
  for (let z = 80; z < 190; z += 15) out.push(tree(left - 2.6, quay, z, 6.5, random, 500));
  return out;
}

export function town(random: Random): { solids: Solid[]; leaves: Leaf[] } {
  const grown = trees(random);
  return {
    solids: [
      ...banks(left, right),
      ...[...streets, ...farStreets()].flatMap((plan) => street(plan, random)),
      ...bridge(left, right, 66),
      ...church(-25, 4, 118),
      ...grown.flatMap((one) => one.solids),
      ...walkers.flatMap((one) => walker(...one)),
      ...boats.flatMap(boat),
    ],
    leaves: grown.flatMap((one) => one.leaves),
  };
}
