import { ApiError, api, sentenceOf, uniqueKey } from './api.ts';

/** Photographs that are handed over one after another, to be painted with the same settings. */
export const series = $state<{
  /** How many there are, while they are being handed over; 0 when none are. */
  all: number;
  taken: number;
  /** Why the next one is waited for; empty where it is not. */
  waiting: string;
  /** Those that were not taken, each in a sentence. */
  refused: string[];
}>({ all: 0, taken: 0, waiting: '', refused: [] });

/** Seconds before another try where the server is not to be had, or does not say when it has room. */
const TRY_AGAIN = 5;

let stopped = false;

/**
 * Hands over one after another. Where too many wait at the server it waits as well; what is refused for another reason is passed
 * over.
 * @param orders each makes what is sent for one photograph
 */
export async function handOver(orders: readonly (() => Promise<FormData>)[]): Promise<void> {
  stopped = false;
  Object.assign(series, { all: orders.length, taken: 0, waiting: '', refused: [] });
  for (const order of orders) {
    if (stopped) break;
    await handOne(order);
  }
  Object.assign(series, { all: 0, waiting: '' });
}

/** Hands over no more; those that were taken are painted. */
export function stopSeries(): void {
  stopped = true;
}

async function handOne(order: () => Promise<FormData>): Promise<void> {
  // An answer may be lost where the photograph was taken.
  const key = uniqueKey();
  while (!stopped) {
    try {
      await api.paint(await order(), key);
      series.taken++;
      series.waiting = '';
      return;
    } catch (error) {
      // Full, or away for a moment: neither is about this photograph.
      const passing =
        error instanceof ApiError && (error.status === 429 || error.status === 503 || error.status === 0);
      if (!passing) {
        series.refused.push(sentenceOf(error));
        return;
      }
      series.waiting = error.message;
      await untilThen(error.retryAfter ?? TRY_AGAIN);
    }
  }
}

/** Waits so many seconds, or until no more are to be handed over. */
async function untilThen(seconds: number): Promise<void> {
  const until = performance.now() + 1000 * seconds;
  while (!stopped && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 200));
}
