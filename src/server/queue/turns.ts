import type { Query } from '../database/index.ts';

/*
 * Whose turn it is. Clients take turns, whoever has waited longest since it was served first; each one's own paintings go in
 * their order.
 */

/**
 * All that wait, in the order in which they are taken: round by round a painting of each client. What lost its worker was
 * begun before, and goes first.
 */
const waiting = `
  select id,
    state = 'painting' as begun,
    row_number() over (partition by paintings.client order by state = 'painting' desc, number) as round,
    coalesce(served, 0) as served,
    number
  from velatura.paintings left join velatura.clients on clients.client = paintings.client
  where state = 'queued' or (state = 'painting' and lease_until < now())`;

const order = 'order by begun desc, round, served, number';

/** The id of the next painting; nothing where none waits. */
export async function nextInTurn(query: Query): Promise<string | undefined> {
  const [next] = await query<{ id: string }>(`select id from (${waiting}) as waiting ${order} limit 1`);
  return next?.id;
}

/** The places in the queue of those that wait, from 1. */
export async function queuePositions(query: Query): Promise<Map<string, number>> {
  const rows = await query<{ id: string }>(`select id from (${waiting}) as waiting ${order}`);
  return new Map(rows.map(({ id }, i) => [id, i + 1]));
}

/** Takes note that a client is being served. */
export async function serve(query: Query, client: string): Promise<void> {
  await query(
    `insert into velatura.clients (client, served) values ($1, nextval('velatura.turns'))
     on conflict (client) do update set served = excluded.served`,
    [client],
  );
}
