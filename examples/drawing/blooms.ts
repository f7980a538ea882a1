import { bristles, lay } from './brush.ts';
import type { Canvas } from './canvas.ts';
import { palette, type Rgb, ramp, shift } from './colour.ts';
import type { Random } from './random.ts';

/** A poppy on the canvas: its middle and its size in pixels. */
export type Flower = { x: number; y: number; size: number };

const reds = palette('#6f0f22', '#a8161f', '#d92a1c', '#f04a26', '#fb7a48', '#ffb48a');
const heart: Rgb = [0.13, 0.07, 0.12];

/** Paints poppies one after the other, each petal a curved stroke: dark below, light above. */
export function bloom(canvas: Canvas, flowers: readonly Flower[], random: Random): void {
  for (const flower of flowers) {
    const own = random.bell() * 0.09;
    const lean = random.bell() * 0.3;
    if (flower.size < 6) {
      petal(canvas, flower, 0.4, 1.2, 0.75, ramp(reds, 0.42 + random.bell() * 0.12), random);
      continue;
    }
    stem(canvas, flower, lean, random);
    for (const [from, turn, tone] of [
      [0.4, 2.2, 0.16],
      [2.5, 1.3, 0.4],
      [-0.7, 1.2, 0.5],
      [-2.8, 1.3, 0.62],
      [-1.9, 0.9, 0.8],
    ] as const) {
      const colour = shift(ramp(reds, tone + own + random.bell() * 0.07), random.bell() * 0.08);
      petal(canvas, flower, from + lean + random.bell() * 0.3, turn, 0.8, colour, random);
    }
    // Some are seen from the side and hide their dark heart.
    if (random.next() < 0.45) continue;
    petal(
      canvas,
      { ...flower, y: flower.y + flower.size * 0.12, size: flower.size * 0.34 },
      0.1,
      1.4,
      0.5,
      heart,
      random,
    );
  }
}

/** A stroke that bends round the middle of the flower, which is seen a little from above. */
function petal(
  canvas: Canvas,
  { x, y, size }: Flower,
  from: number,
  turn: number,
  body: number,
  colour: Rgb,
  random: Random,
): void {
  const path: number[] = [];
  const out = size * random.between(0.35, 0.78);
  for (let t = 0; t <= 1.001; t += 0.125) {
    const angle = from + turn * t;
    path.push(x + Math.cos(angle) * out, y + Math.sin(angle) * out * 0.6);
  }
  lay(canvas, {
    path,
    radius: Math.max(2, size * random.between(0.3, 0.5)),
    colours: [colour, shift(colour, random.bell() * 0.15, 1, 1.12)],
    body: body * random.between(0.9, 1.5),
    load: random.between(0.9, 1.3),
    tip: bristles,
    seed: random.between(0, 1000),
  });
}

function stem(canvas: Canvas, { x, y, size }: Flower, lean: number, random: Random): void {
  const green = ramp(palette('#24473f', '#4f7a3a', '#9aa348'), random.next());
  const path: number[] = [];
  for (let t = 0; t <= 1.001; t += 0.2) path.push(x - lean * size * 1.6 * t * t, y + size * (0.4 + t * 2.8));
  lay(canvas, {
    path,
    radius: Math.max(1.6, size * 0.1),
    colours: [green, green],
    body: 1,
    load: 0.9,
    tip: bristles,
    seed: random.between(0, 99),
  });
}
