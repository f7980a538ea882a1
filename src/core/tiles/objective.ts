import { type Engine, type Holder, openTogether } from '../engine.ts';
import { serialize } from '../graph/index.ts';
import { release as discard, type Floats } from '../store.ts';
import { openBackward, type Returned } from './backward.ts';
import { contentsOf } from './contents.ts';
import { openForward, type Values } from './forward.ts';
import { adjoint, type TermWeights } from './graphs.ts';
import type { Pixels } from './pixels.ts';
import { styleGraph } from './sums.ts';
import type { TiledPicture } from './tiled-picture.ts';

/** The objective of a picture in tiles. Its values and its gradient are those of the picture in one piece. */
export interface TiledObjective extends Holder {
  /** The losses, without the weights of the terms; the gradient of their weighted sum by the change; and the picture. */
  evaluate(pixels: Pixels): Promise<Returned>;
}

/**
 * Compiles it.
 * @param content `[3, height, width]`
 * @param targets what is kept of the styles, by the names of the objective's inputs
 * @throws EngineError as `compile` and `run`; so does `evaluate`
 */
export async function openTiledObjective(
  engine: Engine,
  picture: TiledPicture,
  weights: TermWeights,
  content: Floats,
  targets: Values,
): Promise<TiledObjective> {
  const { stages, options } = picture;
  // A last stage of one tile needs no way up by itself: its sums are those of the whole picture.
  const whole = stages.at(-1)?.tiles.length === 1;
  return await openTogether(async ({ keep, release }) => {
    const forward = keep(await openForward(engine, picture, stages.length - (whole ? 1 : 0), targets));
    const backward = keep(await openBackward(engine, picture, weights, whole));
    const comparing = keep(await engine.compile(serialize(styleGraph(forward.shapes, options))));
    const contents = await contentsOf(engine, picture, content);
    const names = [...forward.shapes.keys()];
    return {
      async evaluate(pixels) {
        const seen = await forward.run(pixels);
        const compared = await comparing.run({ ...seen.moments, ...targets }, [
          'style',
          ...names.map(adjoint),
        ]);
        const { style, ...derivatives } = compared as Record<string, Float32Array>;
        const adjoints = Object.entries(derivatives).map(
          ([name, values]) => [name, values.map((value) => value * weights.styleWeight)] as const,
        );
        const back = await backward.run(
          pixels,
          seen,
          { ...targets, ...Object.fromEntries(adjoints) },
          contents,
        );
        return { ...back, style: back.style + ((style as Float32Array)[0] as number) };
      },
      async release() {
        for (const { map } of contents.values()) discard(map.data);
        await release();
      },
    };
  });
}
