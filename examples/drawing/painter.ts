import { lay, type Stroke } from './brush.ts';
import type { Canvas } from './canvas.ts';
import { distance, type Rgb } from './colour.ts';
import { type Picture, pixel } from './picture.ts';
import type { Random } from './random.ts';

/** One going-over of the whole canvas with one brush. */
export type Layer = {
  /** Half the width of the brush, in pixels; each stroke varies it a little. */
  radius: number;
  /** Pixels between the starts of strokes. */
  spacing: number;
  /** The shortest and the longest stroke, in pixels. */
  length: readonly [number, number];
  /** Which way a stroke runs at a place, in radians. */
  direction: (x: number, y: number) => number;
  /** How far a single stroke may stray from that way, in radians. */
  stray: number;
  /** The two colours that a stroke which starts here carries. */
  mixing: (seen: Rgb, x: number, y: number) => readonly [Rgb, Rgb];
  /** A stroke stops where the motif differs by more than this from the colour at its start. */
  hold: number;
  /** Chance of a stroke at a place; 1 covers everything. */
  density?: (x: number, y: number) => number;
  tip: Stroke['tip'];
  body: number;
  load: readonly [number, number];
  /** Where a stroke that starts here may leave paint, as if the rest were masked with tape. */
  mask?: (x: number, y: number) => Stroke['within'];
};

/** Paints the motif with one layer of strokes, in an order that shows no direction. */
export function paint(canvas: Canvas, motif: Picture, layer: Layer, random: Random): void {
  const starts: [number, number][] = [];
  for (let y = -layer.spacing; y < canvas.height + layer.spacing; y += layer.spacing) {
    for (let x = -layer.spacing; x < canvas.width + layer.spacing; x += layer.spacing) {
      starts.push([x + random.next() * layer.spacing, y + random.next() * layer.spacing]);
    }
  }
  for (const [x, y] of random.shuffle(starts)) {
    if (random.next() >= (layer.density?.(x, y) ?? 1)) continue;
    lay(canvas, {
      path: follow(motif, layer, x, y, random),
      radius: layer.radius * random.between(0.7, 1.25),
      colours: layer.mixing(pixel(motif, x, y), x, y),
      body: layer.body * random.between(0.6, 1.3),
      load: random.between(layer.load[0], layer.load[1]),
      tip: layer.tip,
      seed: random.between(0, 1000),
      within: layer.mask?.(x, y),
    });
  }
}

/** The path of a stroke from its start, along the layer's direction, within what is alike in the motif. */
function follow(motif: Picture, layer: Layer, startX: number, startY: number, random: Random): number[] {
  const length = random.between(layer.length[0], layer.length[1]);
  const step = Math.max(3, layer.radius * 0.5);
  const stray = random.bell() * layer.stray;
  const begun = pixel(motif, startX, startY);
  const path = [startX, startY];
  let x = startX;
  let y = startY;
  for (let gone = 0; gone < length; gone += step) {
    const angle = layer.direction(x, y) + stray;
    x += Math.cos(angle) * step;
    y += Math.sin(angle) * step;
    if (gone >= layer.length[0] && distance(begun, pixel(motif, x, y)) > layer.hold) break;
    path.push(x, y);
  }
  return path;
}
