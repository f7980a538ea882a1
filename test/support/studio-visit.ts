import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { writePicture } from 'velatura';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { waves } from './pictures.ts';
import { fakeStudio } from './studio-fake.ts';

const executablePath = '/usr/bin/chromium';
export const browserIsHere = existsSync(executablePath);
/** Where the tests are the gate, a missing browser is a failure and no reason to look away. */
export const withoutBrowser = !browserIsHere && !process.env.CI;

/** A studio that runs already, to be tested instead of the fake one: `VELATURA_STUDIO_URL`. */
export const realStudio = process.env.VELATURA_STUDIO_URL;

export interface Visit {
  readonly page: Page;
  /** What the browser complained of: errors, warnings, violations of the policy, requests to elsewhere. */
  readonly complaints: string[];
}

/** A browser for the tests of a file, and a way to visit a studio with it, as somebody who was never there. */
export function visitor() {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  }, 60_000);
  afterAll(() => browser?.close());

  return async function visit(url: string, options: BrowserContextOptions = {}): Promise<Visit> {
    const complaints: string[] = [];
    const context = await browser.newContext({ viewport: { width: 1280, height: 844 }, ...options });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !request.url().startsWith('blob:'))
        complaints.push(request.url());
    });
    await page.goto(url);
    return { page, complaints };
  };
}

/** The studio that is to be tested: the real one where there is one, or a fake one for the duration of a test. */
export async function studio(): Promise<string> {
  if (realStudio) return realStudio.replace(/\/$/, '');
  const fake = await fakeStudio();
  onTestFinished(() => fake.close());
  return fake.url;
}

/** A photograph, a painting, and two files that are neither. */
export async function files() {
  const folder = mkdtempSync(join(tmpdir(), 'velatura-studio-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const all = {
    folder,
    content: join(folder, 'harbour.png'),
    style: join(folder, 'waves.jpg'),
    text: join(folder, 'notes.txt'),
    broken: join(folder, 'broken.png'),
  };
  await writePicture(all.content, waves(72, 48));
  await writePicture(all.style, waves(40, 60));
  writeFileSync(all.text, 'no picture');
  writeFileSync(all.broken, 'no picture either');
  return all;
}

export const slot = (page: Page, label: string) =>
  page.getByRole('group', { name: label, exact: true }).locator('input[type=file]');

/** Chooses both pictures, and settings that paint so many steps on 64 pixels. */
export async function prepare(page: Page, { content, style }: { content: string; style: string }, steps = 4) {
  await slot(page, 'Photograph').setInputFiles(content);
  await slot(page, 'Painting').setInputFiles(style);
  await page.getByText('More', { exact: true }).click();
  await setting(page, 'scales', '64');
  await setting(page, 'steps', String(steps));
}

/** Types a setting that is behind "More". */
export async function setting(page: Page, name: string, value: string) {
  const field = page.locator(`input[name=${name}]`);
  await field.fill(value);
  await field.press('Tab');
}

export const paintButton = (page: Page) => page.getByRole('button', { name: 'Paint', exact: true });
export const status = (page: Page, text: string | RegExp) =>
  page.getByRole('status').filter({ hasText: text }).first();

/** Waits until the painting is done. */
export async function untilDone(page: Page) {
  await page.getByRole('heading', { name: 'Take it with you' }).waitFor();
}
