/* How a finished file gets its name, also where a reader of the old one stands in the way. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { renameOver } from '../src/node/rename.ts';
import { contents } from './support/weights-store.ts';
import { temporaryFolder } from './support/weights-tiny.ts';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return { ...real, rename: vi.fn(real.rename) };
});

afterEach(() => vi.restoreAllMocks());

async function twoFiles() {
  const folder = await temporaryFolder();
  const [from, to] = [join(folder, 'new'), join(folder, 'file')];
  await writeFile(from, 'new');
  await writeFile(to, 'old');
  return { folder, from, to };
}

const busy = Object.assign(new Error('EPERM: operation not permitted, rename'), { code: 'EPERM' });

it('replaces what is there', async () => {
  const { folder, from, to } = await twoFiles();
  await renameOver(from, to);
  expect(await readFile(to, 'utf8')).toBe('new');
  expect(await contents(folder)).toEqual(['file']);
});

it('waits on Windows until nobody reads what is there', async () => {
  const { from, to } = await twoFiles();
  vi.spyOn(process, 'platform', 'get').mockReturnValue('win32');
  vi.mocked(rename).mockRejectedValueOnce(busy).mockRejectedValueOnce(busy);
  await renameOver(from, to);
  expect(await readFile(to, 'utf8')).toBe('new');
});

it('does not wait elsewhere, where that means something else', async () => {
  const { folder, from, to } = await twoFiles();
  vi.spyOn(process, 'platform', 'get').mockReturnValue('linux');
  vi.mocked(rename).mockRejectedValueOnce(busy);
  await expect(renameOver(from, to)).rejects.toBe(busy);
  expect(await contents(folder)).toEqual(['file', 'new']);
});
