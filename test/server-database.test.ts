import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { architectureNamed, resolveSettings } from 'velatura';
import { expect, it, vi } from 'vitest';
import { type Database, openDatabase } from '../src/server/database/index.ts';
import { usualLimits } from '../src/server/limits.ts';
import { acceptor, type Wish } from '../src/server/paintings/create.ts';
import { readFile } from '../src/server/paintings/files.ts';
import type { Upload } from '../src/server/queue/protocol.ts';
import { testFolder } from './support/pictures.ts';
import { content, places, postgresPlace, startServer } from './support/server.ts';

// A machine may be busy with other tests.
vi.setConfig({ testTimeout: 60_000 });

const folder = testFolder();

/** What asks for a painting of a picture in its own style. */
function wishOf(upload: Upload): Wish {
  return {
    client: 'somebody',
    content: upload,
    styles: [upload],
    regions: undefined,
    texture: undefined,
    explain: undefined,
    history: undefined,
    origin: undefined,
    start: undefined,
    startName: undefined,
    settings: {},
    resolved: resolveSettings({}, architectureNamed('resnet50')),
    sizes: [],
    again: undefined,
  };
}

it.each(places)('paintings kept %s by an earlier version are still there', async (_where, makePlace) => {
  const url = makePlace === postgresPlace ? (await makePlace()).env.DATABASE_URL : undefined;
  const open = () => openDatabase(url, data);
  const data = join(mkdtempSync(join(folder, 'data-')), 'paintings');
  const insert = ({ query }: Database, id: string, content: string | null) =>
    query(
      `insert into velatura.paintings (id, client, state, content, styles, settings, resolved, sizes)
       values ($1, 'somebody', 'done', $2, '["style.jpg"]'::jsonb, '{}'::json, '{}'::json, '[]'::jsonb)`,
      [id, content],
    );
  // As it was before there were textures.
  const earlier = await open();
  await earlier.query(
    'alter table velatura.paintings drop column texture, drop column history, drop column explain',
  );
  await earlier.query('alter table velatura.paintings alter content set not null');
  await earlier.query('delete from velatura.migrations where version > 2');
  await insert(earlier, 'old', 'photo.jpg');
  await expect(insert(earlier, 'none', null)).rejects.toThrow(/not-null/);
  await earlier.close();
  const later = await open();
  await insert(later, 'new', null);
  expect(await later.query('select id, content, texture from velatura.paintings order by number')).toEqual([
    { id: 'old', content: 'photo.jpg', texture: null },
    { id: 'new', content: null, texture: null },
  ]);
  await later.close();
});

it.each(places)(
  'what was accepted keeps its files where nobody heard of it, %s',
  async (_where, makePlace) => {
    const url = makePlace === postgresPlace ? (await makePlace()).env.DATABASE_URL : undefined;
    const database = await openDatabase(url, join(mkdtempSync(join(folder, 'data-')), 'paintings'));
    // The connection is lost between the commit and its answer.
    const lost: Database = {
      ...database,
      transaction: async (work) => {
        await database.transaction(work);
        throw new Error('The connection was lost.');
      },
    };
    const upload = { name: 'photo.jpg', bytes: new Uint8Array(600_000).fill(7) };
    const wish = wishOf(upload);
    const accept = (by: Database, maxQueued: number) =>
      acceptor(by, { ...usualLimits, maxQueued }, () => 'velatura')(wish);
    const count = async () => (await database.query('select id from velatura.files')).length;
    await expect(accept(lost, 2)).rejects.toThrow('lost');
    expect(await count()).toBe(2);
    const { id } = await accept(database, 2);
    expect(await readFile(database.query, id, 'style')).toMatchObject(upload);
    // Of what is refused nothing is kept.
    await expect(accept(database, 2)).rejects.toThrow('2 paintings wait already');
    expect(await count()).toBe(4);
    await database.close();
  },
);

it.each(places)(
  'what was accepted by its head and cannot be shown is refused, %s',
  async (_where, makePlace) => {
    const place = await makePlace();
    const database = await openDatabase(place.env.DATABASE_URL || undefined, place.words[1]);
    const accept = acceptor(database, usualLimits, () => 'velatura');
    const bytes = new Uint8Array(await content.arrayBuffer());
    const damaged = { name: 'cut.png', bytes: bytes.slice(0, bytes.length / 2) };
    const { id } = await accept(wishOf(damaged));
    await database.close();
    const server = await startServer(place, ['--paintings', '0']);
    for (const path of ['content', 'styles/0']) {
      const answer = await fetch(`${server.url}/paintings/${id}/${path}`);
      expect([answer.status, await answer.json()]).toEqual([
        409,
        { error: { code: 'conflict', message: expect.stringMatching(/^cut\.png is damaged, or cannot be/) } },
      ]);
    }
    server.child.kill('SIGTERM');
    expect((await server.outcome).stderr).not.toContain('failed');
  },
);
