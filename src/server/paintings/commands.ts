import type { Context } from '../context.ts';
import { notify, type Query } from '../database/index.ts';
import { conflict } from '../errors.ts';
import { callWorkers } from '../queue/claim.ts';
import { tell } from './events.ts';
import { bytesOf, findFile } from './files.ts';
import { findPainting, lockPainting } from './find.ts';
import { type CommandLine, type PaintingRow, type State, viewOf } from './painting.ts';

/*
 * What a person may want of a painting. All throw ApiError when there is no such painting, or it is past that.
 */

/** Has it rest: at once where it waits, after the present step where it is being painted. */
export async function pause(context: Context, id: string): Promise<PaintingRow> {
  const { database, commandLine } = context;
  await database.transaction(async (query) => {
    const row = await lockPainting(query, id);
    if (row.state === 'queued') await change(query, id, 'paused', commandLine);
    else if (row.state === 'painting') await want(query, id, 'pause');
    else if (row.state !== 'paused') throw past(row.state, 'paused');
  });
  return await afterwards(context, id);
}

/** Has one that rests, or that failed, go on from where it was. */
export async function resume({ database, commandLine }: Context, id: string): Promise<PaintingRow> {
  await database.transaction(async (query) => {
    const row = await lockPainting(query, id);
    if (row.state === 'paused' || row.state === 'failed') {
      await query(
        `update velatura.paintings set error = null, finished_at = null, wanted = null, losses = 0 where id = $1`,
        [id],
      );
      await change(query, id, 'queued', commandLine);
    } else if (row.wanted === 'pause') {
      await query('update velatura.paintings set wanted = null where id = $1', [id]);
    } else if (row.state !== 'queued' && row.state !== 'painting') {
      throw past(row.state, 'resumed');
    }
  });
  await callWorkers(database);
  return await findPainting(database.query, id);
}

/** Has it be done as it stands: at once where it rests, after the present step where it is being painted. */
export async function stop(context: Context, id: string): Promise<PaintingRow> {
  const { database, commandLine } = context;
  await findPainting(database.query, id);
  const bytes = await bytesOf(database.query, id, 'checkpoint');
  await database.transaction(async (query) => {
    const row = await lockPainting(query, id);
    if (row.explain && row.state !== 'done') {
      throw conflict('An explanation is there as a whole or not at all; let it go on, or remove it.');
    }
    if (row.state === 'painting') await want(query, id, 'stop');
    else if (row.state === 'queued' || row.state === 'paused') await keep(query, row, commandLine);
    else if (row.state !== 'done') throw past(row.state, 'stopped');
  }, bytes);
  return await afterwards(context, id);
}

/** Cancels it where it is not over, and removes it with all that belongs to it. */
export async function remove({ database }: Context, id: string): Promise<void> {
  await findPainting(database.query, id);
  const bytes = await bytesOf(database.query, id);
  await database.transaction(async (query) => {
    await lockPainting(query, id);
    await query('delete from velatura.paintings where id = $1', [id]);
    await notify(query, 'velatura_jobs', id);
    await notify(query, 'velatura_events', id);
  }, bytes);
  await database.tidy();
}

/** Makes a painting that nobody paints at the moment done, with the picture of its last pause. */
async function keep(query: Query, { id, progress }: PaintingRow, commandLine: CommandLine): Promise<void> {
  if (!progress) {
    throw conflict('Nothing of this painting has been painted yet that could be kept; remove it, or wait.');
  }
  if (!(await findFile(query, id, 'png'))) {
    // It was let go without a picture: a worker makes one.
    await want(query, id, 'stop');
    await change(query, id, 'queued', commandLine);
    return;
  }
  const { scale, step, steps } = progress;
  await query("delete from velatura.files where painting = $1 and role = 'checkpoint'", [id]);
  await query(
    'update velatura.paintings set finished_at = now(), stopped = $2::jsonb, wanted = null where id = $1',
    [id, JSON.stringify({ scale, step, steps })],
  );
  await change(query, id, 'done', commandLine);
}

async function change(query: Query, id: string, state: State, commandLine: CommandLine): Promise<void> {
  const [row] = await query<PaintingRow>(
    'update velatura.paintings set state = $2 where id = $1 returning *',
    [id, state],
  );
  const name = state === 'done' ? 'done' : 'state';
  await tell(query, id, [{ name, data: viewOf(row as PaintingRow, commandLine) }]);
  await notify(query, 'velatura_jobs', id);
}

async function want(query: Query, id: string, what: 'pause' | 'stop'): Promise<void> {
  await query('update velatura.paintings set wanted = $2 where id = $1', [id, what]);
  await notify(query, 'velatura_jobs', id);
}

function past(state: State, what: string) {
  return conflict(`This painting is ${state}, and can no longer be ${what}.`);
}

/** Milliseconds that an answer waits for a worker to do what is wanted; where a step takes longer, events tell. */
const PATIENCE = 700;

/** The painting when a worker has let go of it, or as it is when that takes too long. */
async function afterwards({ database, news }: Context, id: string): Promise<PaintingRow> {
  const until = performance.now() + PATIENCE;
  for (;;) {
    const change = news.next(id, PATIENCE);
    const row = await findPainting(database.query, id);
    if (row.state !== 'painting' || performance.now() > until) return row;
    await change;
  }
}
