import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { type Picture, pullModel, readPicture } from 'velatura';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { velatura } from './support/cli.ts';
import { embeddedPlace, killAtOnce, type Painting, startServer, type TestServer } from './support/server.ts';
import {
  files,
  paintButton,
  prepare,
  slot,
  status,
  untilDone,
  visitor,
  withoutBrowser,
} from './support/studio-visit.ts';

/* The page and the server, with nothing in between that only looks as if. */

// A machine may be busy with other tests.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 600_000 });

/** A style that is like none of the tests' own pictures. */
const swirls = fileURLToPath(new URL('../examples/pictures/swirls.jpg', import.meta.url));
/** Steps that do not end before somebody asks for it. */
const LONG = 2000;

async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

/** The painting that the page shows, as the server has it. */
async function painting(page: Page): Promise<Painting> {
  const { origin, hash } = new URL(page.url());
  return await (await page.request.get(`${origin}/paintings/${hash.split('/').at(-1)}`)).json();
}

const doneSteps = async (page: Page) =>
  ((await painting(page)).progress as { done: number } | undefined)?.done ?? 0;

/** The painting that the page shows. */
async function picture(page: Page): Promise<Picture> {
  const { origin, hash } = new URL(page.url());
  const answer = await page.request.get(`${origin}/paintings/${hash.split('/').at(-1)}/picture`);
  return await readPicture(new Uint8Array(await answer.body()));
}

/** The largest change of a value to the photograph, between two places as shares of the width. */
async function largestChange(page: Page, content: string): Promise<(from: number, to: number) => number> {
  const after = await picture(page);
  const { width, data } = await readPicture(content, { longest: after.width });
  const changes = after.data.map((value, i) => Math.abs(value - (data[i] as number)));
  return (from, to) =>
    Math.max(...changes.filter((_, i) => (i % width) / width >= from && (i % width) / width < to));
}

const canvas = (page: Page, name: RegExp) => page.getByRole('application', { name }).locator('canvas');

/** Paints a band over the photograph from top to bottom. @param at its middle, as a share of the width */
async function paintBand(page: Page, at: number): Promise<void> {
  await page.getByLabel('Brush', { exact: true }).fill('40');
  const box = await canvas(page, /the photograph/).boundingBox();
  if (!box) throw new Error('The photograph is not shown.');
  const x = box.x + at * box.width;
  await page.mouse.move(x, box.y + 1);
  await page.mouse.down();
  await page.mouse.move(x, box.y + box.height - 1, { steps: 4 });
  await page.mouse.up();
}

describe.skipIf(withoutBrowser)('the studio with its own server', () => {
  const visit = visitor();
  let server: TestServer;

  beforeAll(async () => {
    await pullModel('resnet50');
    server = await startServer(await embeddedPlace());
  });

  it('goes the whole way, through a reload and the death of the server', async () => {
    const place = await embeddedPlace();
    const words = ['--port', await freePort(), '--checkpoint-every', '0', '--preview-every', '0.2'];
    const mortal = await startServer(place, words);
    const { page } = await visit(mortal.url);
    await prepare(page, await files(), LONG);
    await paintButton(page).click();
    await page.getByText(/step \d+ of 2000/).waitFor();
    expect((await painting(page)).sizes).toEqual([{ width: 64, height: 43 }]);

    await page.reload();
    await page.getByText(/step \d+ of 2000/).waitFor();
    await page.getByRole('img', { name: 'The painting: harbour after waves' }).waitFor();

    await killAtOnce(mortal);
    await status(page, 'trying again').waitFor();
    const again = await startServer(place, words);
    await status(page, /^\s*Painting/).waitFor();
    const before = await doneSteps(page);
    await vi.waitFor(async () => expect(await doneSteps(page)).toBeGreaterThan(before + 2), 60_000);

    await page.getByRole('button', { name: 'Keep it as it is' }).click();
    await untilDone(page);
    const waiting = page.waitForEvent('download');
    await page.getByRole('link', { name: 'PNG' }).click();
    const download = await waiting;
    expect(download.suggestedFilename()).toBe('harbour-waves.png');
    const { format, width, height } = await sharp(readFileSync(await download.path())).metadata();
    expect([format, width, height]).toEqual(['png', 64, 43]);
    await killAtOnce(again);
  });

  it('paints where the brush was white, and nowhere else', async () => {
    const { page, complaints } = await visit(server.url);
    const { content } = await files();
    await prepare(page, { content, style: swirls }, 20);
    await page.getByRole('button', { name: 'Regions…' }).click();
    await paintBand(page, 0.02);
    await page.getByRole('button', { name: 'Keep' }).click();
    await page.getByText('Only where it is white is painted.').waitFor();
    await paintButton(page).click();
    await untilDone(page);
    const change = await largestChange(page, content);
    // The brush reaches a fifth of the width to either side.
    expect(change(0, 0.15)).toBeGreaterThan(0.03);
    expect(change(0.3, 1)).toBe(0);

    expect((await painting(page)).command).toBe(
      'velatura paint harbour.png --style swirls.jpg --content-regions harbour-regions.png --size 64 --steps 20',
    );
    const link = page.getByRole('link', { name: 'harbour-regions.png' });
    const mask = await page.request.get(new URL((await link.getAttribute('href')) ?? '', page.url()).href);
    expect(await sharp(await mask.body()).metadata()).toMatchObject({ format: 'png', width: 72, height: 48 });
    expect(complaints).toEqual([]);
  });

  it('paints each region in the style of its colour, and leaves what has none', async () => {
    const { page, complaints } = await visit(server.url);
    const { content, style, folder } = await files();
    await prepare(page, { content, style }, 4);
    await slot(page, 'Another painting').setInputFiles(swirls);
    await page.getByRole('button', { name: 'Regions…' }).click();
    for (const [name, at, filled] of [
      ['red', 0.02, 'Fill waves'],
      ['blue', 0.98, 'Fill swirls'],
    ] as const) {
      await page.getByRole('radio', { name }).check();
      await paintBand(page, at);
      await page.getByRole('button', { name: filled }).click();
    }
    await page.getByRole('button', { name: 'Keep' }).click();
    await page.getByText('Regions: red, blue.').waitFor();
    await paintButton(page).click();
    await untilDone(page);
    const change = await largestChange(page, content);
    expect(change(0, 0.15)).toBeGreaterThan(0);
    expect(change(0.3, 0.7)).toBe(0);
    expect(change(0.85, 1)).toBeGreaterThan(0);

    // By the command that the page shows, and the mask that it offers, it comes out the same.
    const { command } = (await painting(page)) as Painting & { command: string };
    expect(command).toContain("--content-regions harbour-regions.png --style-regions '#ff0000' '#0000ff'");
    const link = page.getByRole('link', { name: 'harbour-regions.png' });
    const mask = await page.request.get(new URL((await link.getAttribute('href')) ?? '', page.url()).href);
    writeFileSync(`${folder}/harbour-regions.png`, await mask.body());
    copyFileSync(swirls, `${folder}/swirls.jpg`);
    const words = command.replaceAll("'", '').split(' ').slice(1);
    expect((await velatura([...words, '-o', 'same.png'], { cwd: folder })).code).toBe(0);
    expect(await picture(page)).toEqual(await readPicture(`${folder}/same.png`));
    expect(complaints).toEqual([]);
  });

  it('is told at once what cannot be painted', async () => {
    const { page } = await visit(server.url);
    const { style, folder } = await files();
    const narrow = `${folder}/narrow.png`;
    await sharp({ create: { width: 900, height: 20, channels: 3, background: 'olive' } })
      .png()
      .toFile(narrow);
    await prepare(page, { content: narrow, style });
    await paintButton(page).click();
    await page.getByRole('alert').filter({ hasText: 'The content is too narrow' }).waitFor();
    expect(new URL(page.url()).hash).not.toContain('paintings');
  });
});
