import { type Database, notify } from '../database/index.ts';
import { tell } from '../paintings/events.ts';
import { type CommandLine, type PaintingRow, viewOf } from '../paintings/painting.ts';
import { nextInTurn, serve } from './turns.ts';

/** So many workers may be lost over one painting, without a step in between, before it is taken for the reason. */
const MOST_LOSSES = 10;

/** Claims are made one after another, so that clients take turns whatever number of workers there are. */
const LOCK = 7283002;

/**
 * Takes the next painting for a worker, or gives up one that has cost too many workers.
 * @param seconds how long it is the worker's without a word from it
 * @returns nothing where none waits
 */
export async function claim(
  database: Database,
  worker: string,
  seconds: number,
  commandLine: CommandLine,
): Promise<PaintingRow | undefined> {
  return await database.transaction(async (query) => {
    await query('select pg_advisory_xact_lock($1)', [LOCK]);
    const id = await nextInTurn(query);
    if (id === undefined) return undefined;
    const [row] = await query<PaintingRow>(
      `update velatura.paintings set
         losses = case when state = 'painting' then losses + 1 else losses end,
         state = 'painting', worker = $2, token = token + 1,
         lease_until = now() + $3 * interval '1 second',
         started_at = coalesce(started_at, now()),
         -- Of an explanation nothing is kept on the way: it begins anew.
         progress = case when explain is null then progress end
       where id = $1 and (state = 'queued' or (state = 'painting' and lease_until < now())) returning *`,
      [id, worker, seconds],
    );
    // A person was quicker, and has paused or removed it.
    if (!row) return undefined;
    if (row.losses >= MOST_LOSSES) {
      const failed = await fail(
        query,
        row.id,
        `Its worker was lost ${row.losses} times without a step in between; resume it to try again.`,
      );
      await tell(query, row.id, [{ name: 'failed', data: viewOf(failed, commandLine) }]);
      return undefined;
    }
    // The picture of an earlier pause will not be how it stands.
    await query("delete from velatura.files where painting = $1 and role in ('png', 'tiff')", [id]);
    await serve(query, row.client);
    await tell(query, row.id, [{ name: 'state', data: viewOf(row, commandLine) }]);
    return row;
  });
}

/** Marks a painting as failed. What there is of it stays. */
export async function fail(query: Database['query'], id: string, reason: string): Promise<PaintingRow> {
  const [row] = await query<PaintingRow>(
    `update velatura.paintings set state = 'failed', error = $2, finished_at = now(), wanted = null,
       worker = null, lease_until = null where id = $1 returning *`,
    [id, reason],
  );
  return row as PaintingRow;
}

/** Lets everything be taken at once that a process before this one had: where there can be no other. */
export async function freeAll({ query }: Database): Promise<void> {
  await query(
    "update velatura.paintings set lease_until = now() - interval '1 second' where state = 'painting'",
  );
}

/** Lets other workers know that there is something to take. */
export async function callWorkers({ query }: Database): Promise<void> {
  await notify(query, 'velatura_jobs', '');
}
