import { grassy, plain, stone, tiles } from './looks.ts';
import { masonry, real } from './paints.ts';
import { box, carved, saddle, spire } from './solids.ts';
import type { Look, Solid, Vec } from './trace.ts';

/** A stone bridge from bank to bank, its arches built of narrow upright slices. */
export function bridge(left: number, right: number, z: number): Solid[] {
  const solids: Solid[] = [];
  const look = stone(real('#b5a184'), 0.38);
  const arches = 3;
  const span = (right - left) / arches;
  const deck = (x: number) => 5.5 + 1.7 * (1 - ((x - (left + right) / 2) / ((right - left) / 2)) ** 2);
  const pier = 0.9;
  for (let i = 0; i < arches; i++) {
    const middle = left + (i + 0.5) * span;
    const half = span / 2 - pier;
    const slices = 26;
    for (let s = 0; s < slices; s++) {
      const x0 = middle + half * (-1 + (2 * s) / slices);
      const x1 = middle + half * (-1 + (2 * (s + 1)) / slices);
      const under = (x: number) =>
        0.6 + (deck(middle) - 2.1) * Math.sqrt(Math.max(0, 1 - ((x - middle) / half) ** 2));
      const low = Math.min(under(x0), under(x1));
      solids.push(
        carved([x0 - 0.01, low, z], [x1 + 0.01, deck(middle) + 1, z + 6], look, [
          [
            [under(x1) - under(x0), x0 - x1, 0],
            [x0, under(x0), 0],
          ],
          [
            [deck(x0) - deck(x1), x1 - x0, 0],
            [x0, deck(x0), 0],
          ],
        ]),
      );
    }
  }
  for (let i = 0; i <= arches; i++) {
    const x = left + i * span;
    const sunk: Vec = [x - pier, -3, z];
    solids.push(box(sunk, [x + pier, deck(x) - 0.05, z + 6], look));
    // The cutwater: a wedge that parts the stream.
    solids.push(
      carved([x - pier, -3, z - 1.6], [x + pier, 2.6, z], look, [
        [
          [1, 0, -0.6],
          [x, 0, z - 1.6],
        ],
        [
          [-1, 0, -0.6],
          [x, 0, z - 1.6],
        ],
        [
          [0, 1, -0.7],
          [x, 2.6, z - 0.5],
        ],
      ]),
    );
  }
  for (let x = left; x < right; x += 1.5) {
    const high = (deck(x) + deck(x + 1.5)) / 2;
    for (const side of [z - 0.15, z + 5.7]) {
      solids.push(box([x, high - 0.4, side], [x + 1.5, high + 0.85, side + 0.4], look));
      solids.push(box([x, high + 0.85, side - 0.08], [x + 1.5, high + 1, side + 0.48], plain(masonry)));
    }
  }
  return solids;
}

export function church(x: number, foot: number, z: number): Solid[] {
  const solids: Solid[] = [];
  const wallStone = stone(real('#b9a98c'), 0.5);
  const slate = tiles(real('#55616b'), 'z', wallStone);
  const w = 3.6;
  const top = foot + 25;
  const belfry: Look = (at, normal) => {
    const u = Math.abs(normal[0]) > 0.5 ? at[2] - z : at[0] - x;
    const high = at[1] - top;
    const arch =
      Math.abs(Math.abs(u) - 1.3) < 0.75 &&
      high > -6 &&
      high < -2.2 + Math.sqrt(Math.max(0, 0.56 - (Math.abs(u) - 1.3) ** 2));
    const clock = Math.hypot(u, high + 9.4);
    if (normal[1] < 0.5 && arch) return { colour: [0.035, 0.03, 0.03], mirror: 0 };
    if (normal[1] < 0.5 && clock < 1.35)
      return {
        colour: clock > 1.15 || Math.abs(u - 0.05) < 0.09 ? [0.5, 0.36, 0.1] : [0.05, 0.07, 0.1],
        mirror: 0,
      };
    return wallStone(at, normal);
  };
  solids.push(box([x - w, foot - 8, z - w], [x + w, top, z + w], belfry));
  for (const ledge of [top - 7.4, top - 0.3]) {
    solids.push(
      box([x - w - 0.3, ledge, z - w - 0.3], [x + w + 0.3, ledge + 0.5, z + w + 0.3], plain(masonry)),
    );
  }
  solids.push(spire([x - w - 0.1, top + 0.2, z - w - 0.1], [x + w + 0.1, top + 15, z + w + 0.1], slate));
  for (const [dx, dz] of [
    [-1, -1],
    [1, -1],
    [-1, 1],
    [1, 1],
  ] as const) {
    const px = x + dx * (w - 0.3);
    const pz = z + dz * (w - 0.3);
    solids.push(spire([px - 0.7, top, pz - 0.7], [px + 0.7, top + 4.2, pz + 0.7], slate));
  }
  solids.push(box([x - 0.07, top + 14.8, z - 0.07], [x + 0.07, top + 17, z + 0.07], plain(real('#c9a04a'))));
  solids.push(box([x - 0.6, top + 16, z - 0.06], [x + 0.6, top + 16.15, z + 0.06], plain(real('#c9a04a'))));
  solids.push(box([x - 5.5, foot - 8, z + w], [x + 5.5, foot + 11, z + 26], wallStone));
  solids.push(saddle([x - 6, foot + 11, z + w], [x + 6, foot + 19, z + 26], 'z', slate));
  return solids;
}

export function banks(left: number, right: number): Solid[] {
  const solids: Solid[] = [];
  const quay = stone(real('#a39681'), 0.42);
  const kerb = plain(real('#c4b69b'));
  const street = 1.7;
  solids.push(
    box([right, -4, -40], [400, street, 600], quay),
    box([-400, -4, -40], [left, street, 600], quay),
  );
  solids.push(box([right - 0.15, street, -40], [right + 0.35, street + 0.18, 600], kerb));
  solids.push(box([left - 0.35, street, -40], [left + 0.15, street + 0.18, 600], kerb));
  solids.push(box([left, -4, 190], [right, street + 1, 600], grassy));
  for (const [edge, sign] of [
    [right, 1],
    [left, -1],
  ] as const) {
    for (let terrace = 0; terrace < 4; terrace++) {
      const from = edge + sign * (17 + terrace * 15);
      const high = street + 3 + terrace * 3.6;
      const [x0, x1] = sign > 0 ? [from, 500] : [-500, from];
      solids.push(box([x0, -4, 20], [x1, high, 600], grassy));
    }
  }
  const iron = plain(real('#2c302e'));
  for (let z = 6; z < 150; z += 11) {
    for (const x of [right + 0.9, left - 0.9]) {
      solids.push(box([x - 0.06, street, z - 0.06], [x + 0.06, street + 3.7, z + 0.06], iron));
      solids.push(
        spire([x - 0.25, street + 3.7, z - 0.25], [x + 0.25, street + 4.5, z + 0.25], plain(real('#d8c89a'))),
      );
    }
  }
  return solids;
}
