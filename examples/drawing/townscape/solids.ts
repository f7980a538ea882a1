import type { Look, Solid, Vec } from './trace.ts';

/** An upright box from one corner to the opposite one. */
export function box(low: Vec, high: Vec, look: Look): Solid {
  const planes = [
    [-1, 0, 0, -low[0]],
    [1, 0, 0, high[0]],
    [0, -1, 0, -low[1]],
    [0, 1, 0, high[1]],
    [0, 0, -1, -low[2]],
    [0, 0, 1, high[2]],
  ].flat();
  return { planes, low, high, look };
}

/** A box cut by further planes, each given by its outward direction and a point on it. */
export function carved(
  low: Vec,
  high: Vec,
  look: Look,
  cuts: readonly (readonly [way: Vec, through: Vec])[],
): Solid {
  const solid = box(low, high, look);
  for (const [way, through] of cuts) {
    const length = Math.hypot(...way);
    const n = way.map((w) => w / length) as unknown as Vec;
    solid.planes.push(...n, n[0] * through[0] + n[1] * through[1] + n[2] * through[2]);
  }
  return solid;
}

/** A saddle roof over the base of a box; its ridge runs along x or z. */
export function saddle(low: Vec, high: Vec, along: 'x' | 'z', look: Look): Solid {
  const rise = high[1] - low[1];
  const a = along === 'x' ? 2 : 0;
  const half = (high[a] - low[a]) / 2;
  const top = [(low[0] + high[0]) / 2, high[1], (low[2] + high[2]) / 2] as const;
  const slope = (sign: number): Vec => (a === 0 ? [sign * rise, half, 0] : [0, half, sign * rise]);
  return carved(low, high, look, [
    [slope(1), top],
    [slope(-1), top],
  ]);
}

/** A four-sided spire over the base of a box. */
export function spire(low: Vec, high: Vec, look: Look): Solid {
  const rise = high[1] - low[1];
  const top: Vec = [(low[0] + high[0]) / 2, high[1], (low[2] + high[2]) / 2];
  const hx = (high[0] - low[0]) / 2;
  const hz = (high[2] - low[2]) / 2;
  return carved(low, high, look, [
    [[rise, hx, 0], top],
    [[-rise, hx, 0], top],
    [[0, hz, rise], top],
    [[0, hz, -rise], top],
  ]);
}

/** Solids turned about an upright axis through x, z. */
export function turned(solids: readonly Solid[], x: number, z: number, angle: number): Solid[] {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const way = ([a, b, c]: Vec): Vec => [a * cos - c * sin, b, a * sin + c * cos];
  const back = ([a, b, c]: Vec): Vec => [a * cos + c * sin, b, c * cos - a * sin];
  const place = (p: Vec): Vec => {
    const v = way([p[0] - x, p[1], p[2] - z]);
    return [v[0] + x, v[1], v[2] + z];
  };
  const home = (p: Vec): Vec => {
    const v = back([p[0] - x, p[1], p[2] - z]);
    return [v[0] + x, v[1], v[2] + z];
  };
  return solids.map(({ planes, low, high, look }) => {
    const moved: number[] = [];
    for (let i = 0; i < planes.length; i += 4) {
      const n: Vec = [planes[i] as number, planes[i + 1] as number, planes[i + 2] as number];
      const d = planes[i + 3] as number;
      const m = way(n);
      const on = place([n[0] * d, n[1] * d, n[2] * d]);
      moved.push(...m, m[0] * on[0] + m[1] * on[1] + m[2] * on[2]);
    }
    const corners = [low[0], high[0]].flatMap((a) => [low[2], high[2]].map((c) => place([a, 0, c])));
    const least = (a: 0 | 2) => Math.min(...corners.map((c) => c[a]));
    const most = (a: 0 | 2) => Math.max(...corners.map((c) => c[a]));
    return {
      planes: moved,
      low: [least(0), low[1], least(2)],
      high: [most(0), high[1], most(2)],
      look: (at, normal) => look(home(at), back(normal)),
    };
  });
}
