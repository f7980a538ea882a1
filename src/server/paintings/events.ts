import type { Query } from '../database/index.ts';
import type { PaintingView, Progress } from './painting.ts';

/** What is told of a painting. */
export type PaintingEvent =
  | { readonly name: 'state' | 'done' | 'failed'; readonly data: PaintingView }
  | { readonly name: 'step'; readonly data: Progress & { readonly level: number } }
  | { readonly name: 'preview'; readonly data: { readonly url: string } };

export interface StoredEvent {
  readonly id: number;
  readonly name: PaintingEvent['name'];
  readonly data: PaintingEvent['data'];
}

/**
 * Adds to what is told of a painting. To be called in a transaction, in which the painting's row is locked by the number
 * that it hands out: ids grow in the order in which they can be seen.
 */
export async function tell(query: Query, painting: string, events: readonly PaintingEvent[]): Promise<void> {
  if (events.length === 0) return;
  // Of a picture that is replaced only the latest can be shown.
  if (events.some(({ name }) => name === 'preview')) {
    await query("delete from velatura.events where painting = $1 and name = 'preview'", [painting]);
  }
  await query(
    `with numbered as (
       update velatura.paintings set last_event = last_event + $2 where id = $1 returning last_event - $2 as before
     ), told as (
       insert into velatura.events (painting, id, name, data)
       select $1, before + place::integer, event ->> 'name', event -> 'data'
       from numbered, jsonb_array_elements($3::jsonb) with ordinality as list (event, place)
       returning id
     )
     select pg_notify('velatura_events', $1) from numbered where exists (select from told)`,
    [painting, events.length, JSON.stringify(events)],
  );
}

/** The first that is told of paintings of which nobody knows yet. To be called in the transaction that makes them. */
export async function tellFirst(query: Query, views: readonly PaintingView[]): Promise<void> {
  await query(
    `with told as (
       insert into velatura.events (painting, id, name, data)
       select view ->> 'id', 1, 'state', view from jsonb_array_elements($1::jsonb) as list (view)
       returning painting
     )
     update velatura.paintings set last_event = 1 from told where id = told.painting`,
    [JSON.stringify(views)],
  );
}

/** At most so many events after the one with that id, in their order. */
export async function eventsAfter(
  query: Query,
  painting: string,
  id: number,
  most: number,
): Promise<StoredEvent[]> {
  return await query<StoredEvent>(
    'select id, name, data from velatura.events where painting = $1 and id > $2 order by id limit $3',
    [painting, id, most],
  );
}
