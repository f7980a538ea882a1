import { createEngine, type Engine } from 'velatura';
import { afterAll } from 'vitest';

/** An engine for the tests of a file, closed when they are done. */
export function testEngine(): Engine {
  const engine = createEngine();
  afterAll(() => engine.close());
  return engine;
}
