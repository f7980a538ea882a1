import type { Query } from '../database/index.ts';
import { busy } from '../errors.ts';
import type { Limits } from '../limits.ts';

/** Seconds after which a client may try again where too many paintings wait. */
const RETRY_AFTER = 30;

/** How many paintings of each client wait. */
export async function countWaiting(query: Query): Promise<Map<string, number>> {
  const rows = await query<{ client: string; count: number }>(
    "select client, count(*)::integer as count from velatura.paintings where state = 'queued' group by client",
  );
  return new Map(rows.map(({ client, count }) => [client, count]));
}

/** @throws ApiError when too many paintings wait for one more of that client */
export function checkRoom(waiting: ReadonlyMap<string, number>, client: string, limits: Limits): void {
  const own = waiting.get(client) ?? 0;
  if (own >= limits.maxQueuedEach) {
    throw busy(`${own} of your paintings wait already; try again when one is done.`, RETRY_AFTER);
  }
  const all = [...waiting.values()].reduce((sum, count) => sum + count, 0);
  if (all >= limits.maxQueued) {
    throw busy(`${all} paintings wait already; try again when some are done.`, RETRY_AFTER);
  }
}
