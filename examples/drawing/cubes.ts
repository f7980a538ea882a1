import { knife, lay } from './brush.ts';
import { bareCanvas, type Canvas, lit } from './canvas.ts';
import { clamp, hex, mix, palette, type Rgb, ramp, shift, smooth } from './colour.ts';
import { type Facet, type Facets, shatter } from './facets.ts';
import { noise2 } from './noise.ts';
import { type Layer, paint } from './painter.ts';
import { type Picture, picture } from './picture.ts';
import { type Random, seeded } from './random.ts';
import { outlines, stillLife } from './stilllife.ts';

/** A jug, a bottle and pears, broken into facets and laid on with a palette knife in earthen colours. */

const width = 1248;
const height = 1536;
const wide = width / height;

const chalk = hex('#ecdcb4');
const umber = hex('#1c130f');
const earthen = palette('#1d1512', '#4a2e1f', '#7a4a2a', '#a8793f', '#cfae74', '#eee0bd');

/** What shows in a facet: the displaced motif, light towards one side and dark towards the other. */
function behindGlass(facet: Facet, x: number, y: number): Rgb {
  const [mx, my] = facet.middle;
  const cos = Math.cos(facet.turn) * facet.zoom;
  const sin = Math.sin(facet.turn) * facet.zoom;
  const rx = x - mx;
  const ry = y - my;
  const seen = stillLife(mx + rx * cos - ry * sin + facet.dx, my + rx * sin + ry * cos + facet.dy);
  const reach = extent(facet);
  const across = (rx * -Math.sin(facet.angle) + ry * Math.cos(facet.angle)) / reach;
  const slope = clamp(across, -1, 1);
  const light = facet.tone + slope * Math.abs(slope) ** 0.5 * 0.62;
  const tinted = mix(seen, facet.tint, 0.3);
  // Towards its light edge a facet fades to chalk, towards the other to umber.
  const toned =
    light > 0 ? mix(tinted, chalk, Math.min(0.85, light)) : mix(tinted, umber, Math.min(0.85, -light * 1.3));
  return [0, 1, 2].map((c) => 0.4 + ((toned[c] as number) - 0.4) * 1.4) as unknown as Rgb;
}

function extent(facet: Facet): number {
  let reach = 0.01;
  for (const [x, y] of facet.corners) {
    const d = (x - facet.middle[0]) * -Math.sin(facet.angle) + (y - facet.middle[1]) * Math.cos(facet.angle);
    reach = Math.max(reach, Math.abs(d));
  }
  return reach;
}

function knifeLayers(facets: Facets, cells: Int16Array, random: Random): Layer[] {
  const cell = (x: number, y: number) =>
    cells[clamp(Math.floor(y), 0, height - 1) * width + clamp(Math.floor(x), 0, width - 1)] as number;
  const facetAt = (x: number, y: number) => facets.list[cell(x, y)] as Facet;
  const mask = (x: number, y: number) => {
    const own = cell(x, y);
    return (px: number, py: number) => cells[py * width + px] === own;
  };
  const mixing = (c: Rgb): readonly [Rgb, Rgb] => {
    const one = shift(c, random.bell() * 0.09, 1.1, 1 + random.bell() * 0.11);
    const other = ramp(earthen, random.next());
    return [
      one,
      shift(mix(one, other, random.next() * 0.18), random.bell() * 0.1, 1, 1 + random.bell() * 0.13),
    ];
  };
  const common = { tip: knife, mask, mixing, hold: 0.5, stray: 0.09 } as const;
  return [
    {
      ...common,
      radius: 40,
      spacing: 34,
      length: [70, 170],
      body: 1,
      load: [0.7, 1.2],
      direction: (x, y) => facetAt(x, y).angle,
    },
    {
      ...common,
      radius: 22,
      spacing: 27,
      length: [40, 120],
      body: 1.5,
      load: [0.35, 1],
      direction: (x, y) => facetAt(x, y).angle,
      density: () => 0.8,
      hold: 0.3,
    },
    {
      ...common,
      radius: 11,
      spacing: 22,
      length: [25, 80],
      body: 1.7,
      load: [0.3, 0.9],
      direction: (x, y) => facetAt(x, y).angle + (noise2(x / 90, y / 90) > 0.25 ? 1.4 : 0),
      density: () => 0.5,
      hold: 0.22,
    },
  ];
}

/** Dark and light edges drawn with the side of the knife along some of the cuts. */
function edges(canvas: Canvas, facets: Facets, random: Random): void {
  for (const { corners, middle } of facets.list) {
    corners.forEach((a, i) => {
      const b = corners[(i + 1) % corners.length] as [number, number];
      const border = [0, 1].some((k) => Math.abs(a[k as 0] - b[k as 0]) < 1e-6);
      if (border || random.next() < 0.45) return;
      const dark = random.next() < 0.7;
      const from = random.between(-0.05, 0.25);
      const to = random.between(0.75, 1.1);
      const inward = (p: readonly [number, number], t: number): [number, number] => {
        const x = a[0] + (b[0] - a[0]) * t;
        const y = a[1] + (b[1] - a[1]) * t;
        return [(x + (middle[0] - p[0]) * 0.02) * height, (y + (middle[1] - p[1]) * 0.02) * height];
      };
      const ink = dark ? hex('#1a110e') : hex('#f1e4c4');
      lay(canvas, {
        path: [...inward(a, from), ...inward(b, to)],
        radius: random.between(1.6, 4.2),
        colours: [ink, mix(ink, hex('#6b4a30'), 0.4)],
        body: dark ? 0.5 : 1.6,
        load: random.between(0.3, 0.9),
        tip: knife,
        seed: random.between(0, 1000),
      });
    });
  }
}

/** The outlines of the things, drawn here and there with the edge of the knife. */
function contours(canvas: Canvas, random: Random): void {
  for (const line of outlines()) {
    let from = 0;
    while (from < line.length - 2) {
      const to = Math.min(line.length, from + Math.floor(random.between(3, 9)));
      const ink = random.next() < 0.85 ? umber : chalk;
      lay(canvas, {
        path: line.slice(from, to).flatMap(([x, y]) => [x * height, y * height]),
        radius: random.between(3, 6.5),
        colours: [ink, mix(ink, hex('#5a3a26'), 0.4)],
        body: 1.2,
        load: random.between(0.7, 1.2),
        tip: knife,
        seed: random.between(0, 1000),
      });
      from = to - 1 + Math.floor(random.between(0, 1.7));
    }
  }
}

export function cubes(): Picture {
  const random = seeded(23);
  const focus = (x: number, y: number) =>
    0.075 + 0.045 * smooth(0.2, 0.6, Math.hypot((x - wide / 2) * 1.1, y - 0.52));
  const facets = shatter(wide, focus, random);
  const cells = new Int16Array(width * height);
  const motif = picture(width, height, (px, py) => {
    const cell = facets.at(px / height, py / height);
    cells[py * width + px] = cell;
    return behindGlass(facets.list[cell] as Facet, px / height, py / height);
  });
  const canvas = bareCanvas(width, height, hex('#3a2a20'), 5, 0.5);
  const layers = knifeLayers(facets, cells, random);
  for (const layer of layers) paint(canvas, motif, layer, random);
  edges(canvas, facets, random);
  contours(canvas, random);
  return lit(canvas, 2, 0.3);
}
