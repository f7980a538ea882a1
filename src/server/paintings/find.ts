import type { Query } from '../database/index.ts';
import { notFound } from '../errors.ts';
import type { PaintingRow, State } from './painting.ts';

/** @throws ApiError when there is none */
export async function findPainting(query: Query, id: string): Promise<PaintingRow> {
  return await found(query, 'select * from velatura.paintings where id = $1', id);
}

/** The same, held against others until the transaction ends. */
export async function lockPainting(query: Query, id: string): Promise<PaintingRow> {
  return await found(query, 'select * from velatura.paintings where id = $1 for update', id);
}

async function found(query: Query, statement: string, id: string): Promise<PaintingRow> {
  // Not all that a client can send is text to a database.
  const [row] = /^[\w-]+$/.test(id) ? await query<PaintingRow>(statement, [id]) : [];
  if (!row) throw notFound('There is no such painting; it may have been removed.');
  return row;
}

/** Newest first. */
export async function listPaintings(
  query: Query,
  limit: number,
  before = 2 ** 31 - 1,
): Promise<PaintingRow[]> {
  return await query<PaintingRow>(
    'select * from velatura.paintings where number < $1 order by number desc limit $2',
    [before, limit],
  );
}

export async function countByState(query: Query): Promise<Map<State, number>> {
  const rows = await query<{ state: State; count: number }>(
    'select state, count(*)::integer as count from velatura.paintings group by state',
  );
  return new Map(rows.map(({ state, count }) => [state, count]));
}
