import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { describe, expect, it, vi } from 'vitest';
import {
  files,
  paintButton,
  prepare,
  slot,
  studio,
  untilDone,
  visitor,
  withoutBrowser,
} from './support/studio-visit.ts';

// A machine may be busy with other tests.
vi.setConfig({ testTimeout: 90_000 });

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong with what is on the screen. */
async function faults(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(
    `axe.run().then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 120)).join(' | ')))`,
  );
}

/** Goes through every screen and calls back on each. */
async function tour(page: Page, look: (screen: string) => Promise<void>): Promise<void> {
  await page.getByRole('button', { name: /^Take/ }).first().waitFor();
  await look('empty');
  await page.getByRole('radio', { name: 'A texture' }).check();
  await page.getByLabel('To be laid beside itself').check();
  await look('texture');
  await page.getByRole('radio', { name: 'What is seen' }).check();
  await page.getByText('What to look into').click();
  await look('explanation');
  await page.getByRole('radio', { name: 'A photograph' }).check();
  await prepare(page, await files(), 5000);
  await look('chosen');
  const all = await files();
  await slot(page, 'Photograph').setInputFiles([all.content, all.broken]);
  await page.getByRole('button', { name: 'Paint 2 photographs' }).waitFor();
  await page.getByLabel('Keep how it grows').check();
  await look('several');
  await page.getByRole('button', { name: 'Remove broken.png' }).click();
  await page.getByRole('button', { name: 'Regions…' }).click();
  await look('regions');
  await page.getByRole('button', { name: 'Leave as it was' }).click();
  await paintButton(page).click();
  await page.getByRole('heading', { name: 'Losses' }).waitFor();
  await look('painting');
  await page.getByRole('button', { name: 'Keep it as it is' }).click();
  await untilDone(page);
  await page.getByText('Change something and paint on').click();
  await look('done');
  await page.getByRole('button', { name: 'Before and after' }).click();
  await page.getByRole('button', { name: '2×' }).click();
  await look('zoomed');
  await page.getByRole('slider', { name: 'How it grew' }).press('ArrowLeft');
  await look('history');
  const first = page.url().split('/').at(-1);
  await page.getByRole('link', { name: 'Gallery' }).click();
  await page.getByRole('link', { name: 'harbour after waves' }).first().waitFor();
  await look('gallery');
  await page.goto(page.url().replace(/#.*/, `#/compare/${first},${first}`));
  await page.getByRole('heading', { name: 'Side by side' }).waitFor();
  await look('side by side');
  await page.getByRole('link', { name: 'Easel', exact: true }).click();
  await page.getByRole('radio', { name: 'A texture' }).check();
  for (const side of ['Width', 'Height']) {
    await page.getByLabel(side).fill('64');
    await page.getByLabel(side).press('Tab');
  }
  await page.getByRole('button', { name: 'Make the texture' }).click();
  await page.getByRole('heading', { name: 'Losses' }).waitFor();
  await page.getByRole('button', { name: 'Keep it as it is' }).click();
  await untilDone(page);
  await page.getByRole('button', { name: 'Laid beside itself' }).click();
  await look('laid beside itself');
  await page.goto(page.url().replace(/#.*/, `#/paintings/${first}`));
  await page.getByText('See what the network sees').click();
  await look('to be explained');
  await page.getByRole('button', { name: 'Explain it' }).click();
  await page.getByRole('link', { name: 'Open the report' }).waitFor();
  await look('explained');
  await page.goto(page.url().replace(/#.*/, '#/paintings/nothing'));
  await page.getByRole('heading', { name: 'There is no such painting here' }).waitFor();
  await look('nothing');
}

describe.skipIf(withoutBrowser)('the studio is for everybody:', () => {
  const visit = visitor();

  it.each(['light', 'dark'] as const)(
    'axe finds nothing wrong with any screen in the %s',
    async (colorScheme) => {
      // The page's policy lets no script in from outside, and axe is one.
      const { page } = await visit(await studio(), { colorScheme, bypassCSP: true });
      await tour(page, async (screen) => expect([screen, await faults(page)]).toEqual([screen, []]));
    },
  );

  it.each([360, 400, 768])('nothing is wider than a window of %i pixels', async (width) => {
    const { page } = await visit(await studio(), { viewport: { width, height: 740 } });
    await tour(page, async (screen) =>
      expect([screen, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([screen, width]),
    );
  });

  it('goes the whole way with the keyboard alone', async () => {
    const { page } = await visit(await studio());
    await page.getByRole('button', { name: /^Take/ }).first().waitFor();
    /** Presses Tab until something of that name has the focus. */
    async function to(name: RegExp) {
      const focused = `(() => { const it = document.activeElement; if (!it?.matches('a, button, input, select, summary')) return ''; return [it?.getAttribute('aria-label'), it?.name, it?.textContent].join(' ') })()`;
      for (let presses = 0; presses < 120; presses++) {
        if (name.test(await page.evaluate(focused))) return;
        await page.keyboard.press('Tab');
      }
      throw new Error(`The Tab key does not reach ${name}.`);
    }
    await to(/Take townscape/);
    await page.keyboard.press('Enter');
    await to(/Take swirls/);
    await page.keyboard.press('Enter');
    await page.getByRole('img', { name: 'swirls' }).waitFor();
    await to(/^ +More/);
    await page.keyboard.press('Enter');
    await to(/ scales /);
    await page.keyboard.type('64');
    await to(/ steps /);
    await page.keyboard.type('4');
    await page.keyboard.press('Tab');
    await to(/ Paint$/);
    await page.keyboard.press('Enter');
    await untilDone(page);
    await to(/Before and after/);
    await page.keyboard.press('Enter');
    await page.getByRole('slider', { name: /Photograph to the left/ }).waitFor();
    await to(/PNG/);
  });

  it('says with its title where it is, and goes dark and light as told', async () => {
    const { page } = await visit(await studio(), { colorScheme: 'light' });
    expect(await page.title()).toBe('Easel · Velatura');
    const ground = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
    expect(await ground()).toBe('rgb(243, 238, 228)');
    await page.getByRole('switch', { name: 'Dark' }).click();
    expect(await ground()).toBe('rgb(24, 22, 19)');
    await page.reload();
    expect(await ground()).toBe('rgb(24, 22, 19)');
    await page.getByRole('switch', { name: 'Dark' }).click();
    await page.emulateMedia({ colorScheme: 'dark' });
    await vi.waitFor(async () => expect(await ground()).toBe('rgb(24, 22, 19)'));
  });
});
