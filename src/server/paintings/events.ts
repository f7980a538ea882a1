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

/** Adds to what is told of a painting, as `tellAll` does. */
export async function tell(query: Query, painting: string, events: readonly PaintingEvent[]): Promise<void> {
  if (events.length > 0) await tellAll(query, [{ painting, events }]);
}

/**
 * Adds to what is told of paintings. To be called in a transaction, in which a painting's row is locked by the numbers that it
 * hands out: ids grow in the order in which they can be seen.
 */
export async function tellAll(
  query: Query,
  told: readonly { readonly painting: string; readonly events: readonly PaintingEvent[] }[],
): Promise<void> {
  for (const { painting, events } of told) {
    // Of a picture that is replaced only the latest can be shown.
    if (!events.some(({ name }) => name === 'preview')) continue;
    await query("delete from velatura.events where painting = $1 and name = 'preview'", [painting]);
  }
  await query(
    `with numbered as (
       update velatura.paintings set last_event = last_event + jsonb_array_length(events)
       from jsonb_to_recordset($1::jsonb) as given (painting text, events jsonb)
       where id = painting returning painting, events, last_event - jsonb_array_length(events) as before
     ), told as (
       insert into velatura.events (painting, id, name, data)
       select painting, before + place::integer, event ->> 'name', event -> 'data'
       from numbered, jsonb_array_elements(events) with ordinality as list (event, place)
       returning painting
     )
     select pg_notify('velatura_events', painting) from numbered where exists (select from told)`,
    [JSON.stringify(told)],
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
