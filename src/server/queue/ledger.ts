import type { Size } from '../../node/index.ts';
import { type Database, notify, type Query } from '../database/index.ts';
import { type PaintingEvent, tell } from '../paintings/events.ts';
import { attach, bytesOf, detach, writeFile } from '../paintings/files.ts';
import { type Moment, momentName, momentPlace } from '../paintings/history.ts';
import { type CommandLine, type PaintingRow, type Stopped, viewOf } from '../paintings/painting.ts';
import { fail } from './claim.ts';
import type { Pictures, StepProgress } from './protocol.ts';

/** The painting is another worker's by now, or nobody's. */
export class Lost extends Error {
  override readonly name = 'Lost';
}

/** What a worker writes about a painting for as long as it is the worker's own. All throw Lost when it no longer is. */
export interface Ledger {
  /** @param sizes in pixels at each scale */
  begun(sizes: readonly Size[]): Promise<void>;
  steps(steps: readonly StepProgress[]): Promise<void>;
  preview(bytes: Uint8Array): Promise<void>;
  moment(moment: Moment, bytes: Uint8Array): Promise<void>;
  checkpoint(bytes: Uint8Array): Promise<void>;
  done(pictures: Pictures, stopped: Stopped | undefined): Promise<void>;
  /**
   * Lets go of a painting before its end.
   * @param resting whether it rests until a person wants it again, rather than until a worker has time
   */
  release(state: Uint8Array | undefined, pictures: Pictures | undefined, resting: boolean): Promise<void>;
  failed(reason: string): Promise<void>;
}

/** @param token what the worker got with the painting */
export function openLedger(
  database: Database,
  { id, token }: Pick<PaintingRow, 'id' | 'token'>,
  commandLine: CommandLine,
): Ledger {
  /**
   * The painting's row is locked until the end of the transaction: nobody can take it in between.
   * @param bytes of files that are replaced or removed by the work
   */
  function fenced<T>(work: (query: Query, row: PaintingRow) => Promise<T>, bytes = 0): Promise<T> {
    return database.transaction(async (query) => {
      const [row] = await query<PaintingRow>(
        `select * from velatura.paintings where id = $1 and token = $2 and state = 'painting' for update`,
        [id, token],
      );
      if (!row) throw new Lost('The painting is no longer this worker’s.');
      return await work(query, row);
    }, bytes);
  }

  async function tellState(query: Query, row: PaintingRow, name: 'state' | 'done' | 'failed'): Promise<void> {
    await tell(query, id, [{ name, data: viewOf(row, commandLine) }]);
    await notify(query, 'velatura_jobs', id);
  }

  const checkpointBytes = () => bytesOf(database.query, id, 'checkpoint');

  async function writePictures(pictures: Pictures): Promise<(query: Query) => Promise<void>> {
    const files: [keyof Pictures, string][] = [];
    for (const role of ['png', 'tiff', 'report'] as const) {
      const bytes = pictures[role];
      if (bytes) files.push([role, await writeFile(database.query, bytes)]);
    }
    return async (query) => {
      for (const [role, file] of files) await attach(query, file, id, role);
    };
  }

  return {
    begun: (sizes) =>
      fenced(async (query) => {
        const [row] = await query<PaintingRow>(
          'update velatura.paintings set sizes = $2::jsonb where id = $1 and sizes <> $2::jsonb returning *',
          [id, JSON.stringify(sizes)],
        );
        if (row) await tellState(query, row, 'state');
      }),
    steps: (steps) =>
      fenced(async (query) => {
        const { level, ...progress } = steps.at(-1) as StepProgress;
        await query('update velatura.paintings set progress = $2::jsonb, losses = 0 where id = $1', [
          id,
          JSON.stringify(progress),
        ]);
        await tell(
          query,
          id,
          steps.map((data): PaintingEvent => ({ name: 'step', data })),
        );
      }),
    async preview(bytes) {
      const file = await writeFile(database.query, bytes);
      await fenced(async (query) => {
        await attach(query, file, id, 'preview');
        await tell(query, id, [
          { name: 'preview', data: { url: `/paintings/${id}/preview?v=${file.slice(0, 8)}` } },
        ]);
      });
    },
    async moment(moment, bytes) {
      const file = await writeFile(database.query, bytes, momentName(moment));
      await fenced((query) => attach(query, file, id, 'history', momentPlace(moment)));
    },
    async checkpoint(bytes) {
      const file = await writeFile(database.query, bytes);
      await fenced((query) => attach(query, file, id, 'checkpoint'), await checkpointBytes());
      await database.tidy();
    },
    async done(pictures, stopped) {
      const attachPictures = await writePictures(pictures);
      await fenced(
        async (query) => {
          await attachPictures(query);
          await detach(query, id, 'checkpoint');
          const [row] = await query<PaintingRow>(
            `update velatura.paintings set state = 'done', stopped = $2::jsonb, finished_at = now(), wanted = null,
             worker = null, lease_until = null where id = $1 returning *`,
            [id, stopped ? JSON.stringify(stopped) : null],
          );
          await tellState(query, row as PaintingRow, 'done');
        },
        await checkpointBytes(),
      );
      await database.tidy();
    },
    async release(state, pictures, resting) {
      const file = state ? await writeFile(database.query, state) : undefined;
      const attachPictures = pictures && (await writePictures(pictures));
      await fenced(
        async (query, before) => {
          if (file) await attach(query, file, id, 'checkpoint');
          await attachPictures?.(query);
          // Whoever wants it to go on after all has taken the wish to pause back.
          const next = resting && before.wanted === 'pause' ? 'paused' : 'queued';
          const [row] = await query<PaintingRow>(
            `update velatura.paintings set state = $2, wanted = case when wanted = 'pause' then null else wanted end,
             worker = null, lease_until = null where id = $1 returning *`,
            [id, next],
          );
          await tellState(query, row as PaintingRow, 'state');
        },
        file === undefined ? 0 : await checkpointBytes(),
      );
    },
    failed: (reason) =>
      fenced(async (query) => {
        await tellState(query, await fail(query, id, reason), 'failed');
      }),
  };
}
