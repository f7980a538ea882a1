import type { Canvas } from './canvas.ts';
import { clamp, type Rgb, smooth } from './colour.ts';
import { noise2 } from './noise.ts';

/** One stroke of a loaded brush or knife. */
export type Stroke = {
  /** The path of the middle of the brush: x, y, x, y, ... in pixels. */
  path: readonly number[];
  /** Half the width of the stroke in pixels. */
  radius: number;
  /** The paint on one side of the brush and on the other. */
  colours: readonly [Rgb, Rgb];
  /** How thick the paint lies. */
  body: number;
  /** 0 to 1: how far the load of paint lasts; below 1 the stroke ends dry, in streaks. */
  load: number;
  tip: Tip;
  seed: number;
  /** Where the stroke may leave paint; everywhere, when left out. */
  within?: ((x: number, y: number) => boolean) | undefined;
};

/** What the tool leaves at a place: how much it covers, how the tone varies, how high the paint lies. */
type Mark = { cover: number; tone: number; height: number; blend: number };
/** `along` in pixels from the start of the stroke, `across` from -1 to 1. */
type Tip = (mark: Mark, along: number, across: number, length: number, stroke: Stroke) => void;

/** Hairs leave fine grooves along the stroke, and paint piles up at its sides. */
export const bristles: Tip = (mark, along, across, length, stroke) => {
  const { radius, seed, load } = stroke;
  const hair = noise2(across * radius * 0.42 + seed, along * 0.012 + seed);
  const fine = noise2(across * radius * 0.95 - seed, along * 0.03 + seed);
  const streak = hair * 0.65 + fine * 0.35;
  const ragged = noise2(across * radius * 0.3 + seed, seed * 3) * radius * 0.55;
  const round = Math.sqrt(Math.max(0, 1 - across * across)) * radius * 0.75;
  const start = smooth(-round, -round + 3, along + ragged * 0.4);
  const end = smooth(length + round + 1, length + round - 5, along + ragged);
  const side = smooth(1, 1 - 2.5 / radius, Math.abs(across) + streak * 0.14);
  const dry = smooth(load, load + 0.55, along / length) * 1.15;
  const wet = smooth(-0.12, 0.22, streak + 0.62 - dry);
  mark.cover = start * end * side * wet;
  mark.tone = streak;
  const rim = Math.abs(across) ** 3 * 0.5 + smooth(length - radius, length + round, along) * 0.5;
  mark.height = stroke.body * (0.55 + streak * 0.8 + rim);
  mark.blend = clamp(0.5 + across * 0.55 + hair * 0.6);
};

/** A knife leaves a flat, hard-edged slab with a ridge of pushed paint, scraped thin in places. */
export const knife: Tip = (mark, along, across, length, stroke) => {
  const { radius, seed, load } = stroke;
  const drag = noise2(across * radius * 0.22 + seed, along * 0.006 + seed);
  const scratch = noise2(across * radius * 0.8 + seed, along * 0.01 - seed);
  const skip =
    noise2(along * 0.09 + seed, across * radius * 0.12) * 0.6 +
    noise2(along * 0.3, across * radius * 0.3 + seed) * 0.4;
  const wobble = noise2(along * 0.03 + seed, seed) * 0.06;
  const ends = noise2(across * 2 + seed, seed * 2) * radius * 0.12;
  const side = smooth(1, 1 - 1.5 / radius, Math.abs(across) + wobble);
  const start = smooth(-1.5, 0.5, along + ends);
  const end = smooth(length + 1.5, length - 0.5, along + ends);
  const thin = smooth(load, load + 0.8, along / length);
  const bare = smooth(-0.1, 0.1, skip + drag * 0.3 + 0.62 - thin);
  mark.cover = start * end * side * bare;
  mark.tone = drag * 0.55 + scratch * 0.3;
  const ridge = smooth(0.8, 0.97, across * (seed % 2 < 1 ? 1 : -1) + wobble) * 0.9;
  const heap = smooth(length - radius * 0.25, length, along) * 0.7;
  mark.height = stroke.body * (0.35 + scratch * 0.16 + drag * 0.2 + ridge + heap);
  mark.blend = clamp(0.5 + drag * 1.3 + across * 0.3);
};

let nearest = new Float32Array(0);
let along = new Float32Array(0);
let across = new Float32Array(0);

function makeRoom(size: number): void {
  if (nearest.length >= size) return;
  nearest = new Float32Array(size * 2);
  along = new Float32Array(size * 2);
  across = new Float32Array(size * 2);
}

/** Lays one stroke onto the canvas. */
export function lay(canvas: Canvas, stroke: Stroke): void {
  const { path, radius } = stroke;
  const reach = radius * 1.1 + 2;
  let left = Infinity;
  let top = Infinity;
  let right = -Infinity;
  let bottom = -Infinity;
  for (let i = 0; i < path.length; i += 2) {
    left = Math.min(left, path[i] as number);
    right = Math.max(right, path[i] as number);
    top = Math.min(top, path[i + 1] as number);
    bottom = Math.max(bottom, path[i + 1] as number);
  }
  left = Math.max(0, Math.floor(left - reach));
  top = Math.max(0, Math.floor(top - reach));
  right = Math.min(canvas.width - 1, Math.ceil(right + reach));
  bottom = Math.min(canvas.height - 1, Math.ceil(bottom + reach));
  if (right < left || bottom < top) return;

  const box = { left, top, right, bottom, columns: right - left + 1 };
  const size = box.columns * (bottom - top + 1);
  makeRoom(size);
  nearest.fill(Infinity, 0, size);
  const length = measure(path, reach, box);
  colourIn(canvas, stroke, length, box);
}

type Box = { left: number; top: number; right: number; bottom: number; columns: number };

/** Finds for each pixel of the box how far along and across the path it lies; returns the path's length. */
function measure(path: readonly number[], reach: number, box: Box): number {
  let length = 0;
  for (let i = 0; i + 3 < path.length; i += 2) {
    const ax = path[i] as number;
    const ay = path[i + 1] as number;
    const bx = path[i + 2] as number;
    const by = path[i + 3] as number;
    const span = Math.hypot(bx - ax, by - ay);
    if (span < 1e-6) continue;
    const ux = (bx - ax) / span;
    const uy = (by - ay) / span;
    // The ends run on straight, so that the tip can shape them.
    const low = i === 0 ? -reach : 0;
    const high = i + 4 >= path.length ? span + reach : span;
    const fromY = Math.max(box.top, Math.floor(Math.min(ay, by) - reach));
    const toY = Math.min(box.bottom, Math.ceil(Math.max(ay, by) + reach));
    const fromX = Math.max(box.left, Math.floor(Math.min(ax, bx) - reach));
    const toX = Math.min(box.right, Math.ceil(Math.max(ax, bx) + reach));
    for (let y = fromY; y <= toY; y++) {
      for (let x = fromX; x <= toX; x++) {
        const px = x - ax;
        const py = y - ay;
        const t = clamp(px * ux + py * uy, low, high);
        const dx = px - t * ux;
        const dy = py - t * uy;
        const d = dx * dx + dy * dy;
        const k = (y - box.top) * box.columns + x - box.left;
        if (d < reach * reach && d < (nearest[k] as number)) {
          nearest[k] = d;
          along[k] = length + t;
          across[k] = Math.sqrt(d) * (ux * dy - uy * dx < 0 ? -1 : 1);
        }
      }
    }
    length += span;
  }
  return length;
}

const mark: Mark = { cover: 0, tone: 0, height: 0, blend: 0 };

function colourIn(canvas: Canvas, stroke: Stroke, length: number, box: Box): void {
  const { paint, relief } = canvas;
  const [one, two] = stroke.colours;
  for (let y = box.top; y <= box.bottom; y++) {
    for (let x = box.left; x <= box.right; x++) {
      const k = (y - box.top) * box.columns + x - box.left;
      if (nearest[k] === Infinity) continue;
      const side = (across[k] as number) / stroke.radius;
      if (side < -1.15 || side > 1.15 || stroke.within?.(x, y) === false) continue;
      stroke.tip(mark, along[k] as number, side, length, stroke);
      const { cover, tone, blend } = mark;
      if (cover <= 0.004) continue;
      const i = y * canvas.width + x;
      const light = 1 + tone * 0.2;
      for (let c = 0; c < 3; c++) {
        const fresh = ((one[c] as number) * (1 - blend) + (two[c] as number) * blend) * light;
        const old = paint[i * 3 + c] as number;
        paint[i * 3 + c] = old + (fresh - old) * cover;
      }
      const old = relief[i] as number;
      relief[i] = old + (mark.height + old * 0.35 - old) * cover;
    }
  }
}
