import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { lineTo } from './support/cut.ts';
import { fakeStudio } from './support/studio-fake.ts';
import {
  files,
  paintButton,
  prepare,
  setting,
  slot,
  status,
  studio,
  untilDone,
  visitor,
  withoutBrowser,
} from './support/studio-visit.ts';

// A machine may be busy with other tests.
vi.setConfig({ testTimeout: 90_000 });

/** Steps that take longer than any test. */
const LONG = 5000;

/** How many steps the chart of losses shows. */
const stepsInChart = (page: Page) =>
  page.evaluate(
    `(document.querySelector('figure path.total')?.getAttribute('d') ?? '').split(/[ML]/).length - 1`,
  );

describe.skipIf(withoutBrowser)('the studio', () => {
  const visit = visitor();

  it('goes the whole way from two files to a downloaded painting', async () => {
    const { page, complaints } = await visit(await studio());
    expect(await paintButton(page).isDisabled()).toBe(true);
    await prepare(page, await files());
    await paintButton(page).click();
    await untilDone(page);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('harbour after waves');
    const waiting = page.waitForEvent('download');
    await page.getByRole('link', { name: 'PNG' }).click();
    const painting = await sharp(readFileSync(await (await waiting).path())).metadata();
    expect([painting.format, painting.width, painting.height]).toEqual(['png', 64, 43]);
    for (const [name, format] of [
      ['JPEG', 'jpeg'],
      ['WebP', 'webp'],
      ['AVIF', 'heif'],
      ['TIFF', 'tiff'],
    ] as const) {
      const address = await page.getByRole('link', { name }).getAttribute('href');
      const answer = await page.request.get(new URL(address ?? '', page.url()).href);
      expect((await sharp(await answer.body()).metadata()).format).toBe(format);
      expect(answer.headers()['content-disposition']).toMatch(/^attachment/);
    }
    await vi.waitFor(async () => expect(await stepsInChart(page)).toBe(4));
    expect(await page.locator('code').textContent()).toContain('velatura paint');
    expect(complaints).toEqual([]);
  });

  it('takes pictures that are dropped or pasted: first the photograph, then paintings', async () => {
    const { page } = await visit(await studio());
    const { content, style } = await files();
    const bytes = [content, style].map((path) => readFileSync(path).toString('base64'));
    const transfer = await page.evaluateHandle(
      `(() => {
        const transfer = new DataTransfer();
        const names = ['harbour.png', 'waves.jpg'];
        ${JSON.stringify(bytes)}.forEach((text, i) => {
          const data = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
          transfer.items.add(new File([data], names[i], { type: i ? 'image/jpeg' : 'image/png' }));
        });
        globalThis.transfer = transfer;
        return transfer;
      })()`,
    );
    await page.evaluate('dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer }))');
    await page.getByRole('img', { name: 'harbour.png' }).waitFor();
    await page.getByRole('img', { name: 'waves.jpg' }).waitFor();
    expect(await paintButton(page).isEnabled()).toBe(true);
    await page.getByRole('button', { name: 'Remove harbour.png' }).click();
    await page.locator('main h1').dispatchEvent('drop', { dataTransfer: transfer });
    await page.getByRole('img', { name: 'harbour.png' }).waitFor();
    await page.getByRole('group', { name: 'Painting 2' }).waitFor();
  });

  it('keeps a painting through a reload: paused, gone on with, and kept as it is', async () => {
    const { page, complaints } = await visit(await studio());
    await prepare(page, await files(), LONG);
    await paintButton(page).click();
    await page.getByText(/step \d+ of 5000/).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await status(page, 'Paused').waitFor();
    await page.reload();
    await status(page, 'Paused').waitFor();
    await page.getByRole('progressbar').waitFor();
    await page.getByRole('button', { name: 'Go on' }).click();
    await status(page, 'Painting').waitFor();
    await page.getByRole('button', { name: 'Keep it as it is' }).click();
    await untilDone(page);
    await status(page, 'Kept before its end').waitFor();
    await page.getByText(/Kept at step \d+ of 5000, 64 pixels\./).waitFor();
    await page.getByRole('link', { name: 'Gallery' }).click();
    await page.getByRole('link', { name: 'harbour after waves' }).first().waitFor();
    expect(complaints).toEqual([]);
  });

  it('comes back when the server was gone, and has lost no step', async () => {
    const line = await lineTo(await studio());
    onTestFinished(() => line.cut());
    const { page } = await visit(line.url);
    await prepare(page, await files(), LONG);
    await paintButton(page).click();
    await page.getByText(/step \d+ of 5000/).waitFor();
    await line.cut();
    await status(page, 'trying again').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('alert').filter({ hasText: 'The server does not answer.' }).first().waitFor();
    await line.mend();
    await status(page, /^\s*Painting/).waitFor();
    await page.getByRole('button', { name: 'Keep it as it is' }).click();
    await untilDone(page);
    const kept = await page.getByText(/Kept at step \d+/).textContent();
    await vi.waitFor(async () =>
      expect(await stepsInChart(page)).toBe(Number(/step (\d+)/.exec(kept ?? '')?.[1])),
    );
  });

  it('cancels', async () => {
    const url = await studio();
    const { page } = await visit(url);
    await prepare(page, await files(), LONG);
    await paintButton(page).click();
    await page.getByRole('progressbar').waitFor();
    const id = page.url().split('/').at(-1);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await paintButton(page).waitFor();
    expect((await page.request.get(`${url}/paintings/${id}`)).status()).toBe(404);
    await page.goto(`${url}/#/paintings/${id}`);
    await page.getByRole('heading', { name: 'There is no such painting here' }).waitFor();
    await page.goto(`${url}/#/paintings/%`);
    await page.getByRole('heading', { name: 'There is no such painting here' }).waitFor();
  });

  it('says what is wrong with files and settings, and keeps the rest', async () => {
    const { page } = await visit(await studio());
    const all = await files();
    await slot(page, 'Photograph').setInputFiles(all.text);
    const alert = page.getByRole('alert');
    await alert.filter({ hasText: 'notes.txt is not a picture. Choose a JPEG' }).waitFor();
    await prepare(page, { content: all.broken, style: all.style });
    await page.getByText('This browser cannot show it').waitFor();
    await paintButton(page).click();
    await alert.filter({ hasText: 'broken.png' }).waitFor();
    await slot(page, 'Photograph').setInputFiles(all.content);
    await setting(page, 'steps', 'many');
    await page.getByText('This must be numbers, not "many".').waitFor();
    await setting(page, 'steps', '3');
    await setting(page, 'contentWeight', '-1');
    await paintButton(page).click();
    await alert.filter({ hasText: 'contentWeight must not be negative' }).waitFor();
    await setting(page, 'contentWeight', '');
    await paintButton(page).click();
    await untilDone(page);
  });

  it('hangs paintings in the gallery and side by side, and uses their settings again', async () => {
    const { page, complaints } = await visit(await studio());
    await prepare(page, await files());
    await page.getByLabel('Strength').fill('0.8');
    await paintButton(page).click();
    await untilDone(page);
    const first = page.url().split('/').at(-1);
    await page.getByRole('link', { name: 'Easel', exact: true }).click();
    await page.getByRole('button', { name: 'Back to the defaults' }).click();
    expect(await page.getByLabel('Strength').inputValue()).toBe('0.5');
    await page.getByText('More', { exact: true }).click();
    await setting(page, 'scales', '48');
    await setting(page, 'steps', '3');
    await paintButton(page).click();
    await untilDone(page);
    const second = page.url().split('/').at(-1);

    await page.getByRole('link', { name: 'Gallery' }).click();
    // A real studio may have others, too.
    for (const id of [second, first]) {
      const card = page.locator('article', { has: page.locator(`a[href$="${id}"]`) });
      await card.getByRole('checkbox', { name: /^Compare/ }).check();
    }
    await page.getByRole('button', { name: 'Compare 2' }).click();
    await page.getByRole('heading', { name: 'Side by side' }).waitFor();
    expect(await page.locator('dd').allTextContents()).toEqual(
      expect.arrayContaining(['0.5', '0.8', '64', '48']),
    );
    await page.getByRole('button', { name: '4×' }).click();
    expect(await page.locator('img.pixels').count()).toBe(2);

    await page.getByRole('link', { name: 'harbour after waves' }).nth(1).click();
    await page.getByRole('button', { name: 'Use these settings again' }).click();
    expect(await page.getByLabel('Strength').inputValue()).toBe('0.8');
    expect(await page.getByRole('radio', { name: '64', exact: true }).isChecked()).toBe(true);
    expect(complaints).toEqual([]);
  });

  it('shows before and after, parted by a slider that keys move', async () => {
    const { page } = await visit(await studio());
    await prepare(page, await files());
    await paintButton(page).click();
    await untilDone(page);
    await page.getByRole('button', { name: 'Before and after' }).click();
    const slider = page.getByRole('slider', { name: /Photograph to the left/ });
    await slider.press('Home');
    expect(await slider.getAttribute('aria-valuetext')).toBe('0 % photograph');
    const clipped = () => page.evaluate('getComputedStyle(document.querySelector("img.after")).clipPath');
    expect(await clipped()).toBe('inset(0px 0px 0px 0%)');
    await slider.press('End');
    expect(await clipped()).toBe('inset(0px 0px 0px 100%)');
    const sheet = await page.locator('.sheet').boundingBox();
    if (!sheet) throw new Error('The picture is not shown.');
    await page.mouse.click(sheet.x + sheet.width / 4, sheet.y + sheet.height / 2);
    expect(Number(await slider.inputValue())).toBe(25);
  });

  it('makes a texture of a painting, lays it beside itself, and uses its settings again', async () => {
    const { page, complaints } = await visit(await studio());
    await page.getByRole('radio', { name: 'A texture' }).check();
    await page.getByText('Choose a painting to make a texture of.').waitFor();
    await slot(page, 'Painting').setInputFiles((await files()).style);
    for (const [side, pixels] of [
      ['Width', '64'],
      ['Height', '40'],
    ] as const) {
      await page.getByLabel(side).fill(pixels);
      await page.getByLabel(side).press('Tab');
    }
    await page.getByLabel('To be laid beside itself').check();
    await page.getByText('More', { exact: true }).click();
    await setting(page, 'steps', '3');
    // What needs a photograph is not there.
    expect(await page.locator('input[name=contentWeight]').count()).toBe(0);
    expect(await page.getByLabel('Strength').count()).toBe(0);
    await page.getByRole('button', { name: 'Make the texture' }).click();
    await untilDone(page);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Texture of waves');
    await page.getByText('64 × 40 pixels, without a seam').waitFor();
    expect(await page.locator('code').textContent()).toContain('velatura texture');
    await page.getByRole('button', { name: 'Laid beside itself' }).click();
    expect(await page.locator('img.tile').count()).toBe(4);
    const waiting = page.waitForEvent('download');
    await page.getByRole('link', { name: 'PNG' }).click();
    const made = await sharp(readFileSync(await (await waiting).path())).metadata();
    expect([made.width, made.height]).toEqual([64, 40]);
    await page.reload();
    await page.getByRole('link', { name: 'Easel', exact: true }).click();
    await page.getByRole('radio', { name: 'A photograph' }).check();
    await page.goBack();
    await page.getByRole('button', { name: 'Use these settings again' }).click();
    expect(await page.getByLabel('Width').inputValue()).toBe('64');
    expect(await page.getByLabel('To be laid beside itself').isChecked()).toBe(true);
    expect(complaints).toEqual([]);
  });

  it('explains a photograph, and a painting that is done, and shows the report', async () => {
    const { page, complaints } = await visit(await studio());
    await prepare(page, await files(), 3);
    await page.getByLabel('Keep how it grows').check();
    await page.getByRole('radio', { name: 'What is seen' }).check();
    // What an explanation has no use for is not there.
    expect(await page.getByLabel('Keep how it grows').count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Regions…' }).count()).toBe(0);
    await page.getByText('What to look into').click();
    expect(await page.getByLabel('Layers').getAttribute('placeholder')).toContain('conv1');
    await setting(page, 'taps', 'conv1, 3d');
    await setting(page, 'maps', '2');
    await setting(page, 'reconstructionSteps', '2');
    await setting(page, 'scales', '48');
    await page.getByRole('button', { name: 'Explain', exact: true }).click();
    await untilDone(page);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(
      'harbour after waves, explained',
    );
    const command = (await page.locator('code').textContent()) ?? '';
    expect(command).toContain('velatura explain');
    const opening = page.context().waitForEvent('page');
    await page.getByRole('link', { name: 'Open the report' }).click();
    const report = await opening;
    await report.getByRole('heading', { name: 'What the network sees' }).waitFor();
    // A page of nobody's, which can ask the studio for nothing.
    expect(await report.evaluate('self.origin')).toBe('null');
    await report.close();
    const waiting = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Save the report' }).click();
    expect((await waiting).suggestedFilename()).toMatch(/\.html$/);
    await page.getByRole('button', { name: 'Use these settings again' }).click();
    expect(await page.getByRole('radio', { name: 'What is seen' }).isChecked()).toBe(true);

    await page.getByRole('radio', { name: 'A photograph' }).check();
    await prepare(page, await files(), 3);
    await paintButton(page).click();
    await untilDone(page);
    await page.getByText('See what the network sees').click();
    await page.getByRole('button', { name: 'Explain it' }).click();
    await page.getByRole('heading', { level: 1, name: /explained$/ }).waitFor();
    await page.getByText('Explains an earlier painting.').waitFor();
    expect(await page.getByRole('button', { name: 'Keep it as it is' }).count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('sends of an explanation what it has a use for', async () => {
    const fake = await fakeStudio();
    onTestFinished(() => fake.close());
    const { page } = await visit(fake.url);
    await page.getByRole('radio', { name: 'What is seen' }).check();
    await page.getByText('What to look into').click();
    await setting(page, 'maps', '3');
    await page.getByRole('button', { name: 'Back to the defaults' }).click();
    expect(await page.getByLabel('Feature maps of each layer').inputValue()).toBe('');
    await page.getByRole('radio', { name: 'A photograph' }).check();
    await prepare(page, await files(), 3);
    await page.getByLabel('Keep how it grows').check();
    await page.getByRole('radio', { name: 'What is seen' }).check();
    await page.getByText('What to look into').click();
    await setting(page, 'taps', 'conv1, 3d');
    await page.getByRole('button', { name: 'Explain', exact: true }).click();
    await untilDone(page);
    expect(fake.orders[0]?.fields).toEqual(['content', 'style', 'settings', 'explain']);
    expect(fake.orders[0]?.order).toMatchObject({
      explain: { taps: ['conv1', '3d'] },
      settings: { steps: [3] },
    });
  });

  it('keeps how a painting grew, and shows it', async () => {
    const { page, complaints } = await visit(await studio());
    await prepare(page, await files(), 5);
    await page.getByLabel('Keep how it grows').check();
    await page.getByLabel('Steps between two of them').fill('2');
    await page.getByLabel('Steps between two of them').press('Tab');
    await paintButton(page).click();
    await untilDone(page);
    const slider = page.getByRole('slider', { name: 'How it grew' });
    expect(await slider.getAttribute('aria-valuetext')).toBe('the painting');
    const shown = () => page.locator('img.after').getAttribute('src');
    // Until it is there, its last preview is shown.
    await vi.waitFor(async () => expect(await shown()).toContain('/picture'));
    const painted = await shown();
    await slider.press('ArrowLeft');
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/^64 pixels, step \d$/);
    await vi.waitFor(async () => expect(await shown()).toContain('/history/'));
    await slider.press('End');
    await vi.waitFor(async () => expect(await shown()).toBe(painted));
    await page.getByRole('link', { name: 'as an animation' }).waitFor();
    await page.getByRole('button', { name: 'Use these settings again' }).click();
    await page.getByText('More', { exact: true }).click();
    expect(await page.getByLabel('Steps between two of them').inputValue()).toBe('2');
    expect(complaints).toEqual([]);
  });

  it('paints on from a painting with another strength', async () => {
    const { page } = await visit(await studio());
    await prepare(page, await files());
    await paintButton(page).click();
    await untilDone(page);
    const first = page.url();
    await page.getByText('Change something and paint on').click();
    await page.getByLabel('Strength').fill('0.9');
    await page.getByRole('button', { name: 'Paint on' }).click();
    await page.getByText('Painted on from').waitFor();
    expect(page.url()).not.toBe(first);
    await untilDone(page);
    expect(await page.locator('dd').allTextContents()).toContain('0.9');
    await page.getByRole('link', { name: 'an earlier painting' }).click();
    expect(page.url()).toBe(first);
  });
});

describe.skipIf(withoutBrowser)('what the studio sends', () => {
  const visit = visitor();

  it('sends regions as masks of pure colours, black where nothing was painted', async () => {
    const fake = await fakeStudio();
    onTestFinished(() => fake.close());
    const { page, complaints } = await visit(fake.url);
    await prepare(page, await files());
    await page.getByRole('button', { name: 'Regions…' }).click();
    await page.getByRole('radio', { name: 'red' }).check();
    await page.getByRole('application', { name: /the photograph/ }).press('Space');
    await page.getByRole('button', { name: 'Keep' }).click();
    await status(page, 'Red is on the photograph only').waitFor();
    await page.getByRole('application', { name: /waves/ }).press('Space');
    await page.getByRole('button', { name: 'Keep' }).click();
    await page.getByText('Regions: red.').waitFor();
    await paintButton(page).click();
    await untilDone(page);
    const [{ fields, masks } = { fields: [], masks: [] }] = fake.orders;
    expect(fields.sort()).toEqual(['content', 'contentRegions', 'settings', 'style', 'styleRegions']);
    const sizes: [number, number][] = [
      [72, 48],
      [40, 60],
    ];
    for (const [i, mask] of masks.entries()) {
      const { data, info } = await sharp(mask.bytes)
        .removeAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect([info.width, info.height]).toEqual(sizes[i]);
      const found = new Set<string>();
      for (let at = 0; at < data.length; at += 3) found.add([...data.subarray(at, at + 3)].join());
      expect([...found].sort()).toEqual(['0,0,0', '255,0,0']);
      const middle = 3 * (Math.floor(info.height / 2) * info.width + Math.floor(info.width / 2));
      expect([...data.subarray(middle, middle + 3)]).toEqual([255, 0, 0]);
    }
    expect(complaints).toEqual([]);
  });

  it('sends only what was turned away from its default', async () => {
    const fake = await fakeStudio();
    onTestFinished(() => fake.close());
    const { page } = await visit(fake.url);
    await prepare(page, await files(), 3);
    await page.getByRole('radio', { name: 'Photograph’s' }).check();
    await page.locator('select[name=pooling]').selectOption('avg');
    await page.locator('select[name=pooling]').selectOption('max');
    await setting(page, 'styleTaps', 'conv1, 2c:0.5');
    await paintButton(page).click();
    await untilDone(page);
    expect(fake.orders[0]?.order.settings).toEqual({
      color: 'content',
      scales: [64],
      steps: [3],
      styleTaps: { conv1: 1, '2c': 0.5 },
    });
  });

  it('sends of a texture what it has a use for', async () => {
    const fake = await fakeStudio();
    onTestFinished(() => fake.close());
    const { page } = await visit(fake.url);
    await prepare(page, await files(), 3);
    await page.getByLabel('Strength').fill('0.8');
    await page.getByRole('radio', { name: 'A texture' }).check();
    await setting(page, 'scales', '512');
    await page.getByRole('button', { name: 'Make the texture' }).click();
    await untilDone(page);
    expect(fake.orders[0]?.fields).toEqual(['style', 'texture', 'settings']);
    expect(fake.orders[0]?.order).toMatchObject({
      texture: { width: 512, height: 512, tileable: false },
      settings: { scales: [512], steps: [3] },
    });
    expect(fake.orders[0]?.order.settings).not.toHaveProperty('strength');
  });

  it('hands over several photographs, waits where the server is full, and passes over what is refused', async () => {
    const fake = await fakeStudio({ full: [1], pace: 1 });
    onTestFinished(() => fake.close());
    const { page } = await visit(fake.url);
    // The first is done when the list is told, and nothing is under way when the last is taken.
    await page.route(/paintings\?limit/, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      await route.continue();
    });
    const all = await files();
    const second = join(all.folder, 'second.png');
    copyFileSync(all.content, second);
    await prepare(page, all, 3);
    await slot(page, 'Photograph').setInputFiles([all.content, all.broken, second, all.text]);
    await page.getByRole('alert').filter({ hasText: 'notes.txt is not a picture' }).waitFor();
    await page.getByRole('button', { name: 'Paint 3 photographs' }).click();
    await page.getByRole('heading', { name: 'Gallery' }).waitFor();
    await status(page, /Handing over photograph 2 of 3\. 50 of your paintings wait already/).waitFor();
    await page.getByRole('alert').filter({ hasText: 'One photograph was not taken: broken.png' }).waitFor();
    await page.getByRole('link', { name: 'second after waves' }).waitFor();
    await page.getByRole('link', { name: 'harbour after waves' }).waitFor();
    expect(fake.orders.map(({ order }) => order.content?.name)).toEqual(['second.png', 'harbour.png']);
    expect(fake.orders.map(({ order }) => order.settings)).toEqual([
      { scales: [64], steps: [3] },
      { scales: [64], steps: [3] },
    ]);
    // They are still on the easel, for other settings.
    await page.getByRole('link', { name: 'Easel', exact: true }).click();
    await page.getByRole('button', { name: 'Remove second.png' }).click();
    await page.getByRole('button', { name: 'Paint 2 photographs' }).waitFor();
  });

  it('hands over no more when it is told so', async () => {
    const fake = await fakeStudio({ full: [1, 2, 3, 4, 5] });
    onTestFinished(() => fake.close());
    const { page } = await visit(fake.url);
    const all = await files();
    await prepare(page, all, 3);
    await slot(page, 'Photograph').setInputFiles([all.content, all.style]);
    await page.getByRole('button', { name: 'Paint 2 photographs' }).click();
    await page.getByRole('button', { name: 'Hand over no more' }).click();
    await vi.waitFor(async () =>
      expect(await page.getByRole('button', { name: 'Hand over no more' }).count()).toBe(0),
    );
    expect(fake.orders.length).toBe(1);
  });

  it('starts from a picture of one’s own, and paints at any size', async () => {
    const fake = await fakeStudio();
    onTestFinished(() => fake.close());
    const { page } = await visit(fake.url);
    const all = await files();
    await prepare(page, all, 3);
    await slot(page, 'Or from a picture of your own').setInputFiles(all.text);
    await page.getByRole('alert').filter({ hasText: 'notes.txt is not a picture' }).waitFor();
    await slot(page, 'Or from a picture of your own').setInputFiles(all.style);
    await setting(page, 'size', '200');
    await page.getByRole('radio', { name: '200' }).waitFor();
    await paintButton(page).click();
    await untilDone(page);
    const [order] = fake.orders;
    // Sizes on the way that were said before would not end at this one.
    expect(order?.order.settings).toEqual({ size: 200, steps: [3] });
    expect(order?.fields).toEqual(['content', 'style', 'start', 'settings']);
  });

  it('mixes several paintings', async () => {
    const fake = await fakeStudio();
    onTestFinished(() => fake.close());
    const { page } = await visit(fake.url);
    const all = await files();
    await prepare(page, all, 3);
    await slot(page, 'Another painting').setInputFiles(all.content);
    await page.getByLabel('harbour').fill('0.5');
    await paintButton(page).click();
    await untilDone(page);
    expect(fake.orders[0]?.order.settings.styleMix).toEqual([1, 0.5]);
    expect(fake.orders[0]?.order.styles.map(({ name }) => name)).toEqual(['waves.jpg', 'harbour.png']);
  });

  it('says why a painting failed, and goes on with it', async () => {
    const fake = await fakeStudio({ failAt: 5 });
    onTestFinished(() => fake.close());
    const { page, complaints } = await visit(fake.url);
    await prepare(page, await files(), 12);
    await paintButton(page).click();
    await page.getByRole('alert').filter({ hasText: 'The engine ran out of paint; try again.' }).waitFor();
    await page.reload();
    await page.getByRole('alert').filter({ hasText: 'The engine ran out of paint; try again.' }).waitFor();
    await page.getByRole('button', { name: 'Go on from there' }).click();
    await untilDone(page);
    await vi.waitFor(async () => expect(await stepsInChart(page)).toBe(12));
    expect(complaints).toEqual([]);
  });

  it('asks for the token once, and goes on with what it was about', async () => {
    const fake = await fakeStudio({ token: 'open sesame' });
    onTestFinished(() => fake.close());
    const { page } = await visit(fake.url);
    const dialog = page.getByRole('dialog', { name: 'This studio has a lock' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.getByLabel('Token').fill('wrong');
    await dialog.getByRole('button', { name: 'Open' }).click();
    await dialog.getByRole('alert').filter({ hasText: 'That is not the token' }).waitFor();
    await dialog.getByLabel('Token').fill('open sesame');
    await dialog.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('button', { name: 'Take townscape' }).waitFor();
    await prepare(page, await files());
    await paintButton(page).click();
    await untilDone(page);
    expect(await page.getByRole('dialog').count()).toBe(0);
  });
});
