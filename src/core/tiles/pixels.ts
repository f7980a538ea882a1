import type { Feeds } from '../engine.ts';
import { SOFTEN_REACH } from '../objective/soften.ts';
import type { Size } from '../picture/picture.ts';
import { type Floats, put } from '../store.ts';
import { addSeen, look, seenAt } from './beyond.ts';
import type { TileOptions } from './graphs.ts';
import { common, filled, type Rectangle } from './grid.ts';
import { marginOf, type Tile } from './tiling.ts';

/** A painting under way, and what it is changed by; all `[3, height, width]`. */
export interface Pixels {
  readonly start: Floats;
  /** Nothing is changed where there is none. */
  readonly change?: Floats;
  /** How far each pixel may change; freely where there is none. */
  readonly painted?: Float32Array | undefined;
}

interface Places {
  readonly columns: Int32Array;
  readonly rows: Int32Array;
}

/** The picture's pixels that a tile sees, and somewhat more of them around it. */
function placesOf({ at }: Tile, size: Size, options: TileOptions, halo: number): Places {
  const margin = marginOf(options, size);
  return {
    columns: seenAt(size.width, at.x - margin - halo, at.width + 2 * halo, options.edges),
    rows: seenAt(size.height, at.y - margin - halo, at.height + 2 * halo, options.edges),
  };
}

const haloOf = ({ soft }: TileOptions) => (soft ? SOFTEN_REACH : 0);

/** What the first stage is given of a tile. */
export function pixelFeeds(
  { start, change, painted }: Pixels,
  tile: Tile,
  size: Size,
  options: TileOptions,
): Feeds {
  const inner = placesOf(tile, size, options, 0);
  const outer = placesOf(tile, size, options, haloOf(options));
  return {
    start: look(start, size, inner.columns, inner.rows),
    change: change
      ? look(change, size, outer.columns, outer.rows)
      : new Float32Array(3 * outer.columns.length * outer.rows.length),
    ...(options.masked && {
      painted: painted
        ? look(painted, size, inner.columns, inner.rows)
        : new Float32Array(3 * tile.at.width * tile.at.height),
    }),
  };
}

/** Adds a tile's gradient to that of the whole change. */
export function addGradient(
  sum: Floats,
  gradient: Float32Array,
  tile: Tile,
  size: Size,
  options: TileOptions,
): void {
  const { columns, rows } = placesOf(tile, size, options, haloOf(options));
  addSeen(sum, size, columns, rows, gradient);
}

/**
 * How much each step to the right (`across`) and down counts for the total variation: those of the picture alike, each in the
 * tile where it begins; together 1 for either direction, of all channels. Round about where the other side is seen, as
 * the objective has it.
 */
export function stepShares(
  { at, part }: Tile,
  size: Size,
  options: TileOptions,
): { across: Float32Array; down: Float32Array } {
  const margin = marginOf(options, size);
  const round = options.edges === 'wrap' ? 1 : 0;
  const inside = {
    x: margin - round,
    y: margin - round,
    width: size.width + 2 * round,
    height: size.height + 2 * round,
  };
  const shares = (right: number, below: number) => {
    const begins = { ...inside, width: inside.width - right, height: inside.height - below };
    const steps = { ...at, width: at.width - right, height: at.height - below };
    const counts = common(common(part, begins) ?? NOWHERE, steps);
    const place = counts && { ...counts, x: counts.x - at.x, y: counts.y - at.y };
    return filled(steps, place, 1 / (3 * begins.width * begins.height));
  };
  return { across: shares(1, 0), down: shares(0, 1) };
}

const NOWHERE: Rectangle = { x: 0, y: 0, width: 0, height: 0 };

/** Copies what a tile shows of the picture: the part that counts and is no margin. */
export function pasteOnPicture(
  picture: Floats,
  values: Float32Array,
  { at, part }: Tile,
  size: Size,
  options: TileOptions,
): void {
  const margin = marginOf(options, size);
  const moved = (x: Rectangle) => ({ ...x, x: x.x - margin, y: x.y - margin });
  const shown = common(moved(part), { ...size, x: 0, y: 0 });
  if (!shown) return;
  const [left, top] = [shown.x - moved(at).x, shown.y - moved(at).y];
  for (let channel = 0; channel < 3; channel++) {
    for (let row = 0; row < shown.height; row++) {
      const from = (channel * at.height + top + row) * at.width + left;
      const to = (channel * size.height + shown.y + row) * size.width + shown.x;
      put(picture, to, values.subarray(from, from + shown.width));
    }
  }
}
