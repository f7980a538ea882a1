import { type Candidate, type Peer, startPeer } from './peer.ts';
import type { Values } from './protocol.ts';

/** What was measured of one candidate. Milliseconds are of warm steps, in the order in which they ran. */
export interface Measured {
  readonly name: string;
  readonly engine: string;
  readonly times: readonly number[];
  readonly median: number;
  readonly peakMemory: number;
  readonly values?: Values;
}

const NAMES = ['content', 'style', 'tv', 'total', 'gradient'] as const;
/** How far losses may lie apart, relatively: three digits. */
const ALIKE = 5e-4;
/** The same for the gradient's norm: WebAssembly sums in single precision one after the other, and loses the fourth. */
const GRADIENT_ALIKE = 2e-3;

/**
 * Checks that all candidates find the same losses and gradient, then times them by turns, so that whatever else the
 * machine does hits all alike. Those of `others` compute something else, and are only timed.
 * @throws Error naming what differs
 */
export async function sideBySide(
  scene: string,
  candidates: readonly Candidate[],
  runs: number,
  slowRuns: number,
  others: readonly { candidate: Candidate; argument: string }[] = [],
): Promise<Measured[]> {
  const started: Peer[] = [];
  try {
    for (const candidate of candidates) started.push(await startPeer(candidate, scene));
    const values: Values[] = [];
    for (const peer of started) values.push(await peer.losses());
    checkAlike(started, values);
    for (const { candidate, argument } of others) started.push(await startPeer(candidate, argument));

    const times = started.map((): number[] => []);
    const memory = started.map(() => 0);
    for (let run = 0; run < runs; run++) {
      for (const [i, peer] of started.entries()) {
        if (peer.slow && run >= slowRuns) continue;
        // Another peer has been at the caches: what is quick goes twice, and the second time counts.
        if (!peer.slow) await peer.step();
        const { ms, peakMemory } = await peer.step();
        times[i]?.push(ms);
        memory[i] = peakMemory;
      }
    }
    return started.map(({ name, engine }, i) => ({
      name,
      engine,
      times: times[i] as number[],
      median: median(times[i] as number[]),
      peakMemory: memory[i] as number,
      ...(values[i] && { values: values[i] }),
    }));
  } finally {
    await Promise.all(started.map((peer) => peer.close()));
  }
}

function checkAlike(peers: readonly Peer[], values: readonly Values[]): void {
  const [reference] = values as [Values];
  for (const [i, found] of values.entries()) {
    for (const name of NAMES) {
      const apart = Math.abs(found[name] / reference[name] - 1);
      if (apart <= (name === 'gradient' ? GRADIENT_ALIKE : ALIKE)) continue;
      throw new Error(
        `${peers[i]?.name} finds ${found[name]} as ${name}, and ${peers[0]?.name} ${reference[name]}: they do not compute the same.`,
      );
    }
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
