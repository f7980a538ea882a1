import { createInterface } from 'node:readline';

/*
 * A peer is a process that has prepared one scene. It says its engine's name when it is ready; for each line on
 * standard input, `losses` or `step`, it answers with a line of JSON, and it ends with its input.
 */

/** What every peer must find alike: the losses, not weighted, their weighted sum, and the norm of the gradient. */
export interface Values {
  readonly content: number;
  readonly style: number;
  readonly tv: number;
  readonly total: number;
  readonly gradient: number;
}

/** Peak memory is in bytes. */
export type Ready = { readonly engine: string; readonly peakMemory: number };
export type Timed = { readonly ms: number; readonly peakMemory: number };

export interface Stepper {
  readonly engine: string;
  readonly losses: () => Promise<Values>;
  readonly step: () => Promise<void>;
}

/** Answers on standard output until standard input ends. */
export async function serve({ engine, losses, step }: Stepper): Promise<void> {
  const answer = (values: object) => {
    const peakMemory = process.resourceUsage().maxRSS * 1024;
    process.stdout.write(`${JSON.stringify({ ...values, peakMemory })}\n`);
  };
  answer({ engine });
  for await (const request of createInterface({ input: process.stdin })) {
    if (request === 'losses') answer(await losses());
    else {
      const began = performance.now();
      await step();
      answer({ ms: performance.now() - began });
    }
  }
  process.exit();
}

export function norm(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) ** 2;
  return Math.sqrt(sum);
}
