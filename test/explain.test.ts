import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseHTML } from 'linkedom';
import { type Browser, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import {
  architectureNamed,
  createEngine,
  type Explanation,
  explain,
  preparePainting,
  pullModel,
  renderReport,
  UserError,
  weightsOf,
  writePicture,
} from 'velatura';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { start, velatura } from './support/cli.ts';
import { testFolder, waves } from './support/pictures.ts';

// A machine may be busy with other tests.
vi.setConfig({ testTimeout: 120_000 });

const folder = testFolder();
const content = join(folder, 'content.png');
// A name that would be markup, if it were not escaped; not all of it can be a name on Windows.
const windows = process.platform === 'win32';
const styleName = windows ? "a &lt; 'style'.jpg" : 'a <b>bold<b> & "style".jpg';
const style = join(folder, styleName);
const place = () => mkdtempSync(join(folder, 'place-'));

const taps = ['conv1', '2c'];
const styleTaps = { conv1: 1, '2a': 1, '2c': 0.5 };
const tiny = [
  ...['--size', '64', '--scales', '32,64', '--steps', '5,4', '--style-taps', 'conv1,2a,2c:0.5'],
  ...['--content-taps', '2c', '--taps', '2c,conv1', '--maps', '3', '--channels', '8'],
  ...['--reconstruction-size', '64', '--reconstruction-steps', '2'],
];
const words = ['explain', content, '--style', style, ...tiny];

interface Report {
  readonly settings: Explanation['settings'];
  readonly steps: Explanation['steps'];
  readonly stages: { scale: number; step: number; start: boolean }[];
  readonly taps: Explanation['taps'];
  readonly grams: Explanation['grams'];
  readonly contentReconstructions: { taps: string[]; loss: number }[];
  readonly styleReconstructions: { taps: string[]; loss: number }[];
}

const report = join(folder, 'report.html');
let page: string;
let document: ReturnType<typeof parseHTML>['document'];
let said: Awaited<ReturnType<typeof velatura>>;
let numbers: Report;

beforeAll(async () => {
  await writePicture(content, waves(80, 60));
  await writePicture(style, waves(60, 90));
  await pullModel('resnet50');
  said = await velatura([...words, '-o', report], { cwd: place() });
  page = readFileSync(report, 'utf8');
  document = parseHTML(page).document;
  numbers = JSON.parse(document.querySelector('#report')?.textContent ?? '') as Report;
}, 900_000);

const all = (selector: string) => [...document.querySelectorAll(selector)];
const text = (selector: string) => all(selector).map((element) => element.textContent?.trim() ?? '');

/** The bytes of a picture in the page. */
const bytesOf = (image: { getAttribute(name: string): string | null }) =>
  Buffer.from(image.getAttribute('src')?.split(',')[1] ?? '', 'base64');

describe('velatura explain', () => {
  it('says where the report is, and each part as it comes', () => {
    expect(said.code).toBe(0);
    expect(said.stdout).toBe(`${report}\n`);
    const lines = said.stderr.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^content\.png in the style of a .*: 64 x 48 pixels with resnet50$/);
    expect(lines.slice(-8)).toEqual([
      'Feature maps',
      'Gram matrices',
      'Content from noise by conv1 (1 of 2)',
      'Content from noise by 2c (2 of 2)',
      'Style from noise by conv1 (1 of 3)',
      'Style from noise by conv1, 2a (2 of 3)',
      'Style from noise by conv1, 2a, 2c (3 of 3)',
      expect.stringMatching(/^Explained in \d+:\d\d\.$/),
    ]);
  });

  it('writes one page that loads nothing', () => {
    for (const name of ['src', 'href', 'srcset', 'xlink:href', 'action', 'data']) {
      for (const element of all(`[${name.replace(':', '\\:')}]`)) {
        expect(element.getAttribute(name)).toMatch(/^(data:|#)/);
      }
    }
    expect(page).not.toMatch(/url\((?!#)|@import|\bfetch\(|\bimport\(/);
    // Names of XML's own are no addresses to load from.
    expect(page.replaceAll(/http:\/\/www\.w3\.org\/\S+?"/g, '')).not.toMatch(/https?:\/\//);
    expect(
      document.querySelector('meta[http-equiv=Content-Security-Policy]')?.getAttribute('content'),
    ).toMatch(/^default-src 'none'; img-src data:;/);
  });

  it('has all parts, in order, under headings that make sense', () => {
    expect(all('h1').length).toBe(1);
    expect(text('h2').length).toBe(7);
    expect(all('nav a').map((link) => link.getAttribute('href'))).toEqual(
      all('main > section').map(({ id }) => `#${id}`),
    );
    expect(all('main > section').map(({ id }) => id)).toEqual([
      ...['pictures', 'features', 'grams', 'reconstructions', 'losses', 'stages', 'formulas'],
    ]);
    const levels = all('h1, h2, h3').map(({ tagName }) => Number(tagName.slice(1)));
    for (const [i, level] of levels.entries()) expect(level - (levels[i - 1] ?? 0)).toBeLessThanOrEqual(1);
  });

  it('shows so many pictures in each part as were asked for, each with words for who cannot see it', async () => {
    const count = (part: string) => all(`[data-part=${part}] img`).length;
    expect(count('pictures')).toBe(3);
    expect(all('[data-tap]').map((sheet) => sheet.getAttribute('data-tap'))).toEqual(taps);
    expect(count('features')).toBe(2 * 3);
    expect(all('[data-gram]').map((row) => row.getAttribute('data-gram'))).toEqual(['conv1', '2a', '2c']);
    expect(count('grams')).toBe(3 * 3);
    expect(count('content-reconstructions')).toBe(2);
    expect(count('style-reconstructions')).toBe(3);
    expect(all('[data-part=losses] svg').length).toBe(2);
    expect(count('stages')).toBe(numbers.stages.length);
    const alts = all('img').map((image) => image.getAttribute('alt') ?? '');
    expect(alts.every((alt) => alt.length > 10)).toBe(true);
    for (const image of all('img')) {
      const { width, height } = await sharp(bytesOf(image)).metadata();
      expect([String(width), String(height)]).toEqual([
        image.getAttribute('width'),
        image.getAttribute('height'),
      ]);
    }
    const gram = document.querySelector('[data-gram="2a"] img');
    expect([gram?.getAttribute('width'), gram?.getAttribute('height')]).toEqual(['8', '8']);
    const late = document.querySelector('[data-tap="2c"] img');
    expect([late?.getAttribute('width'), late?.getAttribute('height')]).toEqual(['16', '12']);
  });

  it('takes names of files as text', () => {
    expect(document.querySelector('title')?.textContent).toContain(styleName);
    expect(all('b').length).toBe(0);
  });

  it('shows the stages of the pyramid', () => {
    expect(numbers.stages.map(({ scale, step, start: first }) => [scale, step, first])).toEqual([
      [32, 1, true],
      [32, 2, false],
      [32, 5, false],
      [64, 4, false],
    ]);
    const slider = document.querySelector('[data-stages] input[type=range]');
    expect(slider?.getAttribute('max')).toBe('3');
  });

  it('has the numbers of the painting that the same settings paint', async () => {
    expect(numbers.settings).toMatchObject({
      network: 'resnet50',
      scales: [32, 64],
      steps: [5, 4],
      styleTaps,
    });
    const painting = await preparePainting(content, { ...numbers.settings, style });
    const steps: Explanation['steps'][number][] = [];
    try {
      for await (const { scale, step, loss } of painting.steps()) steps.push({ scale, step, loss });
    } finally {
      await painting.close();
    }
    expect(numbers.steps.map(({ scale, step }) => [scale, step])).toEqual(
      steps.map(({ scale, step }) => [scale, step]),
    );
    for (const [i, { loss }] of steps.entries()) {
      expect(numbers.steps[i]?.loss.total).toBeCloseTo(loss.total, 4);
    }
    const shown = (value: number) => String(Number(value.toPrecision(3)));
    const { loss } = numbers.steps.at(-1) as Explanation['steps'][number];
    const weights = weightsOf(numbers.settings);
    const formulas = text('#formulas math').map((formula) => formula.replaceAll(/\s/g, ''));
    expect(formulas).toContain(`=${shown(loss.total)}`);
    expect(formulas.some((formula) => formula.endsWith(`=${shown(loss.style / weights.styleWeight)}`))).toBe(
      true,
    );
    expect(
      formulas.some((formula) => formula.endsWith(`=${shown(loss.content / weights.contentWeight)}`)),
    ).toBe(true);
    expect(text('#losses tbody tr:last-child [data-loss=style]')).toEqual([shown(loss.style)]);
  });

  it('says the shapes of the layers', () => {
    const { convolutions } = architectureNamed('resnet50');
    expect(convolutions[0]?.out).toBe(64);
    expect(numbers.taps).toEqual([
      { tap: 'conv1', channels: 64, width: 32, height: 24, compared: 16 },
      { tap: '2a', channels: 256, width: 16, height: 12, compared: 64 },
      { tap: '2c', channels: 256, width: 16, height: 12, compared: 64 },
    ]);
    expect(text('[data-part=shapes] tbody tr')[1]?.replaceAll(/\s+/g, ' ')).toMatch(
      /^2a ?256 ?16 × 12 = 192 ?– ?1 ?256 × 256 ?64 × 64$/,
    );
  });

  it.skipIf(windows)('leaves what is there when it is stopped', async () => {
    const cwd = place();
    writeFileSync(join(cwd, 'a.html'), 'precious');
    const running = start([...words, '-o', 'a.html', '--reconstruction-steps', '5000'], { cwd });
    await running.until(/Content from noise by conv1/);
    running.child.kill('SIGINT');
    const { code, stderr, stdout } = await running.outcome;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).toMatch(/Stopped; nothing was written\.\n$/);
    expect(readFileSync(join(cwd, 'a.html'), 'utf8')).toBe('precious');
    expect(readdirSync(cwd)).toEqual(['a.html']);
  });

  it.each([
    ['no style', ['explain', content], /^Name the picture in whose style to paint with --style <picture>\.$/],
    ['a style that is not there', ['explain', content, '--style', 'none.jpg'], /^There is no file none\.jpg/],
    [
      'another extension',
      [...words, '-o', 'a.png'],
      /^a\.png cannot end in \.png; a report is written as \.html\.$/,
    ],
    ['no extension', [...words, '-o', 'a'], /^a has no extension; a report is written as \.html\.$/],
    [
      'no folder',
      [...words, '-o', 'none/a.html'],
      /^none\/a\.html cannot be written: there is no folder .*none\.$/,
    ],
    ['an unknown tap', [...words, '--taps', 'conv1,9z'], /^resnet50 has no tap "9z"; its taps are conv1, 2a/],
    ['no taps', [...words, '--taps', ','], /^--taps must name at least one tap\.$/],
    ['no maps', [...words, '--maps', '0'], /^--maps must be a whole number from 1 to 64, not "0"\.$/],
    [
      'half a channel',
      [...words, '--channels', '2.5'],
      /^--channels must be a whole number from 2 to 128, not "2\.5"\.$/,
    ],
    [
      'words for steps',
      [...words, '--reconstruction-steps', 'many'],
      /^--reconstruction-steps must be .*, not "many"\.$/,
    ],
  ])('says in one sentence what is wrong: %s', async (_, given, sentence) => {
    const cwd = place();
    const { code, stdout, stderr } = await velatura(given, { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.trimEnd()).toMatch(sentence);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe('the library', () => {
  const engine = createEngine();
  afterAll(() => engine.close());
  const usual = {
    ...{ size: 48, scales: [48], steps: [2], taps: ['2a'], maps: 2, channels: 4, engine },
    ...{ contentTaps: { '2a': 1 }, styleTaps: { conv1: 1 }, reconstructionSize: 32, reconstructionSteps: 1 },
  };

  it('gives what it found, by energy, and finds the style nearer to the painting than to the content', async () => {
    const found = await explain(waves(40, 40), {
      ...usual,
      style: [waves(50, 30), waves(30, 50)],
      steps: [8],
    });
    expect(found.names).toEqual({ content: 'content', styles: ['style', 'style'] });
    const [{ maps }] = found.featureMaps as [Explanation['featureMaps'][number]];
    expect(maps.length).toBe(2);
    expect(maps[0]?.energy).toBeGreaterThanOrEqual(maps[1]?.energy as number);
    for (const { values, width, height, energy } of maps) {
      expect(values.length).toBe(width * height);
      const mean = values.reduce((sum, value) => sum + value * value, 0) / values.length;
      expect(mean).toBeCloseTo(energy, 3);
    }
    const [gram] = found.grams as [Explanation['grams'][number]];
    expect(gram.channels).toBe(64);
    const diagonal = gram.shown.map((_, i) => gram.style[i * 5] as number);
    expect(diagonal).toEqual([...diagonal].sort((a, b) => b - a));
    expect(gram.paintingDistance).toBeLessThan(gram.contentDistance);
    const html = await renderReport(found);
    expect(html).toContain('mixture of their matrices');
  });

  it('explains with squared losses, weights of several layers, and strength', async () => {
    const settings = { losses: 'classic', strength: 0.7, contentTaps: { conv1: 2, '2a': 1 } } as const;
    const html = await renderReport(
      await explain(waves(40, 40), { ...usual, style: waves(50, 30), ...settings }),
    );
    expect(html).not.toMatch(/NaN|undefined|Infinity/);
    expect(html).toContain('with the strength 0.7 in them');
  });

  it('explains where nothing is to be done, and in a single step', async () => {
    const still = await explain(waves(40, 40), { ...usual, style: waves(50, 30), strength: 0 });
    expect(await renderReport(still)).toContain('all losses were zero from the start');
    const short = { steps: [1], contentWeight: 0, tvWeight: 0 };
    const html = await renderReport(
      await explain(waves(40, 40), { ...usual, style: waves(50, 30), ...short }),
    );
    expect(html).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('explains a painting with the colours of its content, and one without smoothness', async () => {
    const found = await explain(waves(40, 40), {
      ...usual,
      style: waves(50, 30),
      color: 'content',
      tvWeight: 0,
    });
    const html = await renderReport(found);
    expect(html).toContain('those of the grey pictures');
    expect(html).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('reconstructs at two scales where the painting has one', async () => {
    const found = await explain(waves(40, 40), { ...usual, style: waves(50, 30), reconstructionSize: 64 });
    for (const { picture, loss } of [...found.contentReconstructions, ...found.styleReconstructions]) {
      expect(Math.max(picture.width, picture.height)).toBe(64);
      expect(loss).toBeGreaterThan(0);
    }
  });

  it('refuses reconstructions for which there is not the memory, before any work', async () => {
    const onBegin = vi.fn();
    const large = { reconstructionSize: 1024, memory: 0.35e9, onBegin };
    await expect(explain(waves(40, 40), { ...usual, style: waves(50, 30), ...large })).rejects.toThrow(
      /^A painting of 1024 pixels with resnet50 needs at least [\d.]+ GB of memory/,
    );
    expect(onBegin).not.toHaveBeenCalled();
  });

  it('refuses what makes no sense before any work', async () => {
    const onBegin = vi.fn();
    for (const [wrong, sentence] of [
      [{ maps: 0 }, 'maps must be a whole number from 1 to 64, not 0.'],
      [{ taps: [] }, 'taps must name at least one tap.'],
      [{ reconstructionSize: 16 }, 'reconstructionSize must be a whole number from 32 to 1024, not 16.'],
    ] as const) {
      const failing = explain(waves(40, 40), { ...usual, style: waves(50, 30), onBegin, ...wrong });
      await expect(failing).rejects.toThrow(new UserError(sentence));
    }
    expect(onBegin).not.toHaveBeenCalled();
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    const parts: string[] = [];
    const onPart = (part: string) => {
      parts.push(part);
      stop.abort(new Error('enough'));
    };
    const stopped = explain(waves(40, 40), { ...usual, style: waves(50, 30), signal: stop.signal, onPart });
    await expect(stopped).rejects.toThrow('enough');
    expect(parts).toEqual(['Feature maps']);
  });
});

const executablePath = '/usr/bin/chromium';
const browserIsHere = existsSync(executablePath);

// Where the tests are the gate, a missing browser is a failure and no reason to look away.
describe.skipIf(!browserIsHere && !process.env.CI)(
  `in a browser${browserIsHere ? '' : ` (left out: there is no ${executablePath})`}`,
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    }, 60_000);
    afterAll(() => browser?.close());

    /** Opens the report from the disk, and hands over what the browser complained of. */
    async function open(width: number, colorScheme: 'light' | 'dark' = 'light') {
      const complaints: string[] = [];
      const opened = await browser.newPage({ viewport: { width, height: 844 }, colorScheme });
      opened.on('console', (message) => complaints.push(message.text()));
      opened.on('pageerror', (error) => complaints.push(error.message));
      opened.on('request', (request) => {
        if (!/^(file|data):/.test(request.url())) complaints.push(request.url());
      });
      await opened.goto(pathToFileURL(report).href);
      return { opened, complaints };
    }
    const ground = (opened: Page) => opened.evaluate('getComputedStyle(document.body).backgroundColor');

    it.each([390, 1280])(
      'fits into a window of %i pixels, and the browser has nothing to say',
      async (width) => {
        const { opened, complaints } = await open(width);
        expect(await opened.evaluate('document.documentElement.scrollWidth')).toBe(width);
        const broken = '[...document.images].filter((image) => image.complete && !image.naturalWidth).length';
        expect(await opened.evaluate(broken)).toBe(0);
        expect(complaints).toEqual([]);
        await opened.close();
      },
    );

    it('goes through the stages with the slider', async () => {
      const { opened } = await open(1280);
      const shown = () =>
        opened
          .locator('.stages > li:visible img')
          .evaluateAll((images) => images.map((image) => image.getAttribute('alt')));
      const last = await shown();
      expect(last).toEqual(['The painting: step 4 at 64 pixels']);
      const slider = opened.getByLabel('Stage');
      await slider.focus();
      await opened.keyboard.press('Home');
      expect(await shown()).toEqual(['The painting: the start, at 32 pixels']);
      await opened.keyboard.press('ArrowRight');
      expect(await shown()).toEqual(['The painting: step 2 at 32 pixels']);
      expect(await slider.getAttribute('aria-valuetext')).toContain('2 of 4: step 2 at 32 pixels');
      await opened.close();
    });

    it('is dark in the dark, and on paper white and with all stages', async () => {
      const { opened } = await open(1280, 'dark');
      expect(await ground(opened)).toBe('rgb(22, 20, 18)');
      expect(await opened.locator('.stages > li:visible').count()).toBe(1);
      await opened.emulateMedia({ media: 'print', colorScheme: 'dark' });
      expect(await ground(opened)).toBe('rgb(255, 255, 255)');
      expect(await opened.locator('.stages > li:visible').count()).toBe(4);
      expect(await opened.getByLabel('Stage').isVisible()).toBe(false);
      await opened.close();
    });
  },
);
