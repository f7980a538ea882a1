import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { type Database, openDatabase } from '../src/server/database/index.ts';
import { testFolder } from './support/pictures.ts';
import { places, postgresPlace } from './support/server.ts';

// A machine may be busy with other tests.
vi.setConfig({ testTimeout: 60_000 });

const folder = testFolder();

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
