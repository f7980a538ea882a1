import { palette, type Rgb } from './colour.ts';
import type { Random } from './random.ts';

/** A plane broken into facets by straight cuts, each cut splitting one piece in two. */
export type Facet = {
  corners: [number, number][];
  middle: [number, number];
  /** The way the facet's strokes run and its light falls, in radians. */
  angle: number;
  /** How far the motif is displaced, turned and enlarged, as behind cut glass. */
  dx: number;
  dy: number;
  turn: number;
  zoom: number;
  /** How light or dark the facet is as a whole. */
  tone: number;
  tint: Rgb;
};

const tints = palette(
  '#b98a4a',
  '#8a5a34',
  '#a34e2e',
  '#5f6a66',
  '#7f8a86',
  '#6b6a3a',
  '#d3b27a',
  '#4a3a34',
  '#c4884f',
);

type Cut = { nx: number; ny: number; d: number; left: Node; right: Node };
type Node = { cut: Cut } | { facet: number };

export type Facets = { list: Facet[]; at: (x: number, y: number) => number };

/** Breaks a `wide` by 1 plane; pieces near `focus` become smaller than those at the edges. */
export function shatter(wide: number, focus: (x: number, y: number) => number, random: Random): Facets {
  const list: Facet[] = [];

  function grow(corners: [number, number][], depth: number): Node {
    const middle = centre(corners);
    const size = Math.sqrt(area(corners));
    if (depth > 12 || size < focus(middle[0], middle[1]) * random.between(0.75, 1.5)) {
      list.push(facet(corners, middle, random));
      return { facet: list.length - 1 };
    }
    const angle = longWay(corners) + Math.PI / 2 + random.bell() * 0.45;
    const nx = -Math.sin(angle);
    const ny = Math.cos(angle);
    const d = nx * middle[0] + ny * middle[1] + random.bell() * size * 0.12;
    return {
      cut: {
        nx,
        ny,
        d,
        left: grow(keep(corners, nx, ny, d), depth + 1),
        right: grow(keep(corners, -nx, -ny, -d), depth + 1),
      },
    };
  }

  const root = grow(
    [
      [0, 0],
      [wide, 0],
      [wide, 1],
      [0, 1],
    ],
    0,
  );
  const at = (x: number, y: number) => {
    let node = root;
    while ('cut' in node)
      node = node.cut.nx * x + node.cut.ny * y < node.cut.d ? node.cut.left : node.cut.right;
    return node.facet;
  };
  return { list, at };
}

function facet(corners: [number, number][], middle: [number, number], random: Random): Facet {
  return {
    corners,
    middle,
    angle: random.pick([-1.1, -0.75, 0.6, 0.95, 2.2, 0.1, 1.5]) + random.bell() * 0.12,
    dx: random.bell() * 0.01,
    dy: random.bell() * 0.01,
    turn: random.bell() * 0.08,
    zoom: 1 + random.bell() * 0.06,
    tone: random.bell() * 0.15,
    tint: random.pick(tints),
  };
}

/** The part of a convex shape on one side of a line. */
function keep(corners: [number, number][], nx: number, ny: number, d: number): [number, number][] {
  const out: [number, number][] = [];
  corners.forEach((a, i) => {
    const b = corners[(i + 1) % corners.length] as [number, number];
    const da = nx * a[0] + ny * a[1] - d;
    const db = nx * b[0] + ny * b[1] - d;
    if (da < 0) out.push(a);
    if (da < 0 !== db < 0) {
      const t = da / (da - db);
      out.push([a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]);
    }
  });
  return out;
}

function area(corners: [number, number][]): number {
  let sum = 0;
  corners.forEach((a, i) => {
    const b = corners[(i + 1) % corners.length] as [number, number];
    sum += a[0] * b[1] - b[0] * a[1];
  });
  return Math.abs(sum) / 2;
}

const centre = (corners: [number, number][]): [number, number] => [
  corners.reduce((sum, c) => sum + c[0], 0) / corners.length,
  corners.reduce((sum, c) => sum + c[1], 0) / corners.length,
];

/** The direction of the longest side. */
function longWay(corners: [number, number][]): number {
  let longest = 0;
  let angle = 0;
  corners.forEach((a, i) => {
    const b = corners[(i + 1) % corners.length] as [number, number];
    const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
    if (length > longest) {
      longest = length;
      angle = Math.atan2(b[1] - a[1], b[0] - a[0]);
    }
  });
  return angle;
}
