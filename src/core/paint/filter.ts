import type { Engine, Holder } from '../engine.ts';
import { serialize } from '../graph/index.ts';
import { PRECONDITION_REACH, preconditionOf, windowShares } from '../objective/index.ts';
import type { Size } from '../picture/picture.ts';
import { copyInto, type Floats, put, type Store, zeros } from '../store.ts';

/** Rows of a strip, without what it sees of its neighbours: a multiple of the distance at which the filter looks. */
const ROWS = 256;

/** What `precondition` makes of changes to a large picture. */
export interface Filter extends Holder {
  apply(change: Floats): Promise<Floats>;
}

/**
 * The filter in strips, each with what it sees above and below it; beyond the picture there is nothing.
 * @param store where what comes out is put; in memory when left out
 * @throws EngineError as `compile`; `apply` as `run`
 */
export async function openFilter({ width, height }: Size, engine: Engine, store?: Store): Promise<Filter> {
  const rows = Math.min(ROWS, height);
  const seen = rows + 2 * PRECONDITION_REACH;
  const strip = { width, height: seen };
  const graph = preconditionOf(strip);
  const program = await engine.compile(serialize(graph), { frugal: true });

  function stripAt(change: Floats, y: number): Float32Array {
    const strip = new Float32Array(3 * width * seen);
    const first = Math.max(0, y - PRECONDITION_REACH);
    const end = Math.min(height, y + rows + PRECONDITION_REACH);
    for (let channel = 0; channel < 3; channel++) {
      const at = (channel * seen + first - (y - PRECONDITION_REACH)) * width;
      const part = strip.subarray(at, at + (end - first) * width);
      copyInto(part, change, (channel * height + first) * width);
    }
    return strip;
  }

  return {
    async apply(change) {
      const result = zeros(change.length, store);
      for (let y = 0; y < height; y += rows) {
        const shares = windowShares(strip, y - PRECONDITION_REACH, height);
        const found = await program.run({ change: stripAt(change, y), shares }, ['preconditioned']);
        const count = Math.min(rows, height - y) * width;
        for (let channel = 0; channel < 3; channel++) {
          const at = (channel * seen + PRECONDITION_REACH) * width;
          const part = (found.preconditioned as Float32Array).subarray(at, at + count);
          put(result, (channel * height + y) * width, part);
        }
      }
      return result;
    },
    release: () => program.release(),
  };
}
