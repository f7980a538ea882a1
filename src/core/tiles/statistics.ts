import { type Engine, runOnce } from '../engine.ts';
import { styleTarget } from '../objective/objective.ts';
import { openForward, type Seen, type Values } from './forward.ts';
import type { Pixels } from './pixels.ts';
import { frame, keptGraph } from './sums.ts';
import type { TiledPicture } from './tiled-picture.ts';

/**
 * What is kept of a style picture in tiles: the same as of one piece, named as targets.
 * @throws EngineError
 */
export async function tiledStatistics(
  engine: Engine,
  picture: TiledPicture,
  pixels: Pixels,
): Promise<Record<string, Float32Array>> {
  const framing = await seenBy(engine, picture, pixels, undefined);
  const frames = Object.entries(framing.seen.moments);
  // What frames the moments has the names of what will be kept.
  const named = frames.map(([name, values]) => {
    const [, , tap = '', statistic = ''] = name.split(' ');
    return [styleTarget(tap, statistic), values] as const;
  });
  const { shapes, seen } = await seenBy(engine, picture, pixels, Object.fromEntries(named));
  const given = Object.fromEntries(frames.map(([name, values]) => [frame(name), values]));
  const kept = keptGraph(framing.shapes, shapes, picture.options);
  return await runOnce(engine, kept, { ...seen.moments, ...given });
}

async function seenBy(
  engine: Engine,
  picture: TiledPicture,
  pixels: Pixels,
  frame: Values | undefined,
): Promise<{ readonly shapes: ReadonlyMap<string, readonly number[]>; readonly seen: Seen }> {
  const forward = await openForward(engine, picture, picture.stages.length, frame);
  try {
    return { shapes: forward.shapes, seen: await forward.run(pixels) };
  } finally {
    await forward.release();
  }
}
