import { createEngine, type Engine, type Outputs, serialize } from 'velatura';
import { afterAll } from 'vitest';

/** An engine for the tests of a file, closed when they are done. */
export function testEngine(): Engine {
  const engine = createEngine();
  afterAll(() => engine.close());
  return engine;
}

/** Compiles a graph, runs it once, and returns all its outputs. */
export async function run(
  engine: Engine,
  outputs: Outputs,
  feeds: Record<string, Float32Array>,
): Promise<Record<string, Float32Array>> {
  const program = await engine.compile(serialize(outputs));
  const found = await program.run(feeds, Object.keys(outputs));
  await program.release();
  return found;
}
