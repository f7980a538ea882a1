/** What can be handed to a query. JSON goes as text, with `::jsonb` behind its place. */
export type Value = string | number | boolean | null | Date | Uint8Array;

/** Runs one statement, with `$1` and so on for the values, and gives its rows. */
export type Query = <Row>(statement: string, values?: readonly Value[]) => Promise<Row[]>;

/** The channels on which processes tell each other that there is something new; the message is a painting's id. */
export type Channel = 'velatura_jobs' | 'velatura_events';

/** A PostgreSQL: the one in the data folder, or a server. Times come as `Date`, bytes as `Uint8Array`. */
export interface Database {
  /** Whether it is in this process alone. */
  readonly embedded: boolean;
  readonly query: Query;
  /**
   * Runs statements that count all together or not at all.
   * @param bytes of files that are replaced or removed by them
   */
  transaction<T>(work: (query: Query) => Promise<T>, bytes?: number): Promise<T>;
  /**
   * Looks whether files of so many bytes can be written. Where the disk is full, all that writes is refused in the same way.
   * @throws ApiError where the disk is full
   */
  checkRoom(bytes: number): void;
  /**
   * Calls back for each message on a channel. Some may be missed, as while a connection is down: whoever listens looks from
   * time to time as well.
   * @returns what ends it
   */
  listen(channel: Channel, heard: (message: string) => void): () => void;
  /** Gives the space of what was deleted back, where nobody else does. */
  tidy(): Promise<void>;
  close(): Promise<void>;
}

/** Tells all processes of the database, when the transaction is done. */
export async function notify(query: Query, channel: Channel, painting: string): Promise<void> {
  await query('select pg_notify($1, $2)', [channel, painting]);
}
