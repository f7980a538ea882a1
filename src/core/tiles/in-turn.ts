import type { Feeds, Program } from '../engine.ts';

type Outputs = Readonly<Record<string, Float32Array>>;

/**
 * Runs a program on one tile after another. What is to be done before and after a run is done while another runs.
 * @param take is given the outputs of each, in order
 * @throws EngineError as the run of a program
 */
export async function runInTurn<T>(
  program: Program,
  tiles: readonly T[],
  fetches: readonly string[],
  feedsOf: (tile: T) => Feeds,
  take: (tile: T, outputs: Outputs) => void,
): Promise<void> {
  let running: { readonly tile: T; readonly outputs: Promise<Outputs> } | undefined;
  for (const tile of tiles) {
    const feeds = feedsOf(tile);
    const done = running && { tile: running.tile, outputs: await running.outputs };
    const outputs = program.run(feeds, fetches);
    // Should `take` throw, nobody waits for it.
    outputs.catch(() => {});
    running = { tile, outputs };
    if (done) take(done.tile, done.outputs);
  }
  if (running) take(running.tile, await running.outputs);
}
