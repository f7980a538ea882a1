import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import {
  architectureNamed,
  checkFits,
  checkOutput,
  encodePicture,
  formatOf,
  type Picture,
  readPicture,
  readRecord,
  readSettings,
  resolveSettings,
  UserError,
  writePicture,
} from 'velatura';
import { describe, expect, it } from 'vitest';
import { fadingWaves, largestDifference, pixel, testFolder, waves } from './support/pictures.ts';

const folder = testFolder();
/** A new folder for one test. */
const place = () => mkdtempSync(join(folder, 'place-'));
const picture = waves(60, 40);
const faded = fadingWaves(60, 40);
const settings = resolveSettings(
  { size: 300, seed: 7, init: 'a "b" <c> & d é 🎨.jpg' },
  architectureNamed('resnet50'),
);

/** How far a decoded picture may be off: half a level of 255, or what the format loses. */
const formats = [
  { extension: 'png', difference: 0.002 },
  { extension: 'jpg', difference: 0.03 },
  { extension: 'jpeg', difference: 0.03 },
  { extension: 'webp', difference: 0.05 },
  { extension: 'avif', difference: 0.05 },
  { extension: 'tif', difference: 1e-5 },
  { extension: 'TIFF', difference: 1e-5 },
];

describe.each(formats)('a written .$extension', ({ extension, difference }) => {
  it('holds the picture, tagged as sRGB', async () => {
    const file = join(place(), `picture.${extension}`);
    await writePicture(file, picture);
    const found = await readPicture(file);
    expect(found).toMatchObject({ width: 60, height: 40 });
    expect(found.alpha).toBeUndefined();
    expect(largestDifference(found.data, picture.data)).toBeLessThan(difference);
    const metadata = await sharp(file).metadata();
    expect(metadata.hasProfile).toBe(true);
    expect(metadata.depth).toBe(/tif/i.test(extension) ? 'ushort' : 'uchar');
    // What ignores the profile sees the same colours: they are sRGB, not only called so.
    const raw = await readPicture(
      await sharp(file, { ignoreIcc: true }).toColourspace('srgb').png().toBuffer(),
    );
    expect(largestDifference(raw.data, picture.data)).toBeLessThan(difference + 0.005);
  });

  it('holds the settings, whatever is in them, and where they came from', async () => {
    const file = join(place(), `picture.${extension}`);
    const stopped = { scale: 256, step: 12, steps: 80 };
    await writePicture(file, picture, { settings, content: 'x & y.jpg', style: ['ü<z>.png'], stopped });
    expect(await readSettings(file)).toEqual(settings);
    const record = await readRecord(file);
    expect(record).toEqual({
      settings,
      content: 'x & y.jpg',
      style: ['ü<z>.png'],
      stopped,
      program: record.program,
    });
    expect(record.program).toMatch(/^Velatura \d+\.\d+\.\d+/);
  });

  it('holds the transparency, or is white there if it cannot', async () => {
    const file = join(place(), `picture.${extension}`);
    await writePicture(file, faded);
    const found = await readPicture(file);
    if (/jpe?g/.test(extension)) {
      expect(found.alpha).toBeUndefined();
      expect(Math.min(...pixel(found, 59, 20))).toBeGreaterThan(0.97);
      expect(
        largestDifference(Float32Array.from(pixel(found, 5, 20)), Float32Array.from(pixel(picture, 5, 20))),
      ).toBeLessThan(0.03);
    } else {
      expect(largestDifference(found.alpha as Float32Array, faded.alpha as Float32Array)).toBeLessThan(0.02);
      const visible = (from: Picture) =>
        from.data.filter((_, i) => (faded.alpha?.[i % 2400] as number) > 0.5);
      expect(largestDifference(visible(found), visible(faded))).toBeLessThan(Math.max(difference, 0.01));
    }
  });
});

describe('encodePicture', () => {
  it('clamps what is out of range', async () => {
    const wild = {
      width: 10,
      height: 10,
      data: Float32Array.from({ length: 300 }, (_, i) => (i % 2 ? -1 : 2)),
    };
    const found = await readPicture(await encodePicture(wild, 'tiff'));
    expect(new Set(found.data)).toEqual(new Set([0, 1]));
  });

  it('makes smaller files of less quality', async () => {
    const detailed = waves(200, 160);
    for (const format of ['jpeg', 'webp', 'avif'] as const) {
      const fine = await encodePicture(detailed, format);
      const coarse = await encodePicture(detailed, format, { quality: 30 });
      expect(coarse.length).toBeLessThan(fine.length);
    }
    await expect(encodePicture(picture, 'jpeg', { quality: 0 })).rejects.toThrow(UserError);
    await expect(encodePicture(picture, 'jpeg', { quality: 101 })).rejects.toThrow(UserError);
  });

  it.each([
    [
      'too few values',
      { width: 20, height: 20, data: new Float32Array(5) },
      /must have as data a Float32Array of 3 x 20 x 20/,
    ],
    ['another size', { ...picture, width: 20 }, /must have as data a Float32Array of 3 x 40 x 20 values/],
    ['no numbers', { width: 2, height: 2, data: new Float32Array(12).fill(Number.NaN) }, /not finite/],
    ['bytes', { width: 2, height: 2, data: new Float32Array(12).fill(255) }, /divide them, as by 255/],
    ['no size', { width: -2, height: -2, data: new Float32Array(12) }, /in whole pixels, not -2 x -2/],
  ])('refuses what is no picture: %s', async (_, wrong, sentence) => {
    const failing = encodePicture(wrong, 'png');
    await expect(failing).rejects.toThrow(UserError);
    await expect(failing).rejects.toThrow(sentence);
  });

  it('says which format cannot hold so many pixels', async () => {
    const long = { width: 16384, height: 8, data: new Float32Array(3 * 16384 * 8) };
    await expect(encodePicture(long, 'webp')).rejects.toThrow('webp holds at most 16383 pixels a side');
    expect((await encodePicture(long, 'png')).length).toBeGreaterThan(0);
    expect(() => checkFits({ width: 8, height: 65501 }, 'jpeg')).toThrow(
      'jpeg holds at most 65500 pixels a side',
    );
    expect(() => checkFits({ width: 16385, height: 8 }, 'avif')).toThrow(UserError);
    checkFits({ width: 16384, height: 16384 }, 'avif');
  });

  it.each([
    ['jpeg', 65500],
    ['webp', 16383],
    ['avif', 16384],
  ] as const)('%s holds what it is said to', async (format, width) => {
    const longest = { width, height: 1, data: new Float32Array(3 * width) };
    expect((await encodePicture(longest, format, { quality: 30 })).length).toBeGreaterThan(0);
  });
});

describe('writePicture', () => {
  it('says which extensions there are', () => {
    expect(() => formatOf('picture.bmp')).toThrow(
      'picture.bmp cannot end in .bmp; what can be written are .png, .jpg, .jpeg, .webp, .avif, .tif and .tiff.',
    );
    expect(() => formatOf('picture')).toThrow(UserError);
  });

  it('leaves nothing but the picture, and keeps links', async () => {
    const here = place();
    const file = join(here, 'picture.png');
    await writePicture(file, waves(20, 10));
    symlinkSync(file, join(here, 'link.png'));
    await writePicture(join(here, 'link.png'), picture);
    expect(readdirSync(here).sort()).toEqual(['link.png', 'picture.png']);
    expect(await readPicture(file)).toMatchObject({ width: 60, height: 40 });
  });

  it('makes what a link points to, where there is nothing yet', async () => {
    const here = place();
    mkdirSync(join(here, 'elsewhere'));
    symlinkSync(join('elsewhere', 'picture.png'), join(here, 'link.png'));
    await checkOutput(join(here, 'link.png'));
    await writePicture(join(here, 'link.png'), picture);
    expect(lstatSync(join(here, 'link.png')).isSymbolicLink()).toBe(true);
    expect(readdirSync(join(here, 'elsewhere'))).toEqual(['picture.png']);
    symlinkSync(join(here, 'loop.png'), join(here, 'loop.png'));
    await expect(checkOutput(join(here, 'loop.png'))).rejects.toThrow('cannot be written (ELOOP)');
    await expect(checkOutput('')).rejects.toThrow(UserError);
  });

  it('names files without their folders', async () => {
    const file = join(place(), 'picture.png');
    const paths = { network: '/home/somebody/vgg.h5', init: '/home/somebody/start.png' };
    await writePicture(file, picture, { settings: { ...settings, ...paths } });
    expect(await readSettings(file)).toEqual({ ...settings, network: 'vgg.h5', init: 'start.png' });
    await writePicture(file, picture, { settings: { network: '/a/resnet50', init: 'b/noise' } });
    expect(await readSettings(file)).toEqual({ network: './resnet50', init: './noise' });
  });

  it('leaves the file that is there when it fails', async () => {
    const here = place();
    const file = join(here, 'picture.png');
    await writePicture(file, picture);
    const before = readFileSync(file);
    const broken = { width: 0, height: 0, data: new Float32Array(0) };
    await expect(writePicture(file, broken)).rejects.toThrow();
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(here)).toEqual(['picture.png']);
  });

  it('names what is in the way', async () => {
    const here = place();
    const missing = join(here, 'nowhere', 'picture.png');
    for (const attempt of [() => writePicture(missing, picture), () => checkOutput(missing)]) {
      await expect(attempt()).rejects.toThrow(
        `${missing} cannot be written: there is no folder ${join(here, 'nowhere')}.`,
      );
    }
    writeFileSync(join(here, 'file'), '');
    await expect(checkOutput(join(here, 'file', 'picture.png'))).rejects.toThrow('there is no folder');
    mkdirSync(join(here, 'folder.png'));
    await expect(checkOutput(join(here, 'folder.png'))).rejects.toThrow('is a folder; name a file in it.');
    await expect(writePicture(join(here, 'folder.png'), picture)).rejects.toThrow(UserError);
    await expect(checkOutput(join(here, `${'x'.repeat(300)}.png`))).rejects.toThrow(UserError);
    await expect(checkOutput(join(here, 'picture.gif'))).rejects.toThrow('cannot end in .gif');
    expect(readdirSync(here).sort()).toEqual(['file', 'folder.png']);
  });
});

describe('checkOutput', () => {
  it('leaves everything as it is', async () => {
    const here = place();
    const file = join(here, 'picture.png');
    await checkOutput(file);
    expect(existsSync(file)).toBe(false);
    writeFileSync(file, 'precious');
    await checkOutput(file);
    expect(readFileSync(file, 'utf8')).toBe('precious');
    expect(readdirSync(here)).toEqual([basename(file)]);
  });
});

describe('readRecord', () => {
  const carrying = async (xmp: string) => {
    const file = join(place(), 'picture.png');
    writeFileSync(
      file,
      await sharp(await encodePicture(picture, 'png'))
        .withXmp(xmp)
        .png()
        .toBuffer(),
    );
    return file;
  };
  const rdf = (description: string) =>
    `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">${description}</rdf:RDF></x:xmpmeta>`;

  it('understands what other programs make of the packet', async () => {
    const json = JSON.stringify({ program: 'Velatura 0.1.0', settings: { seed: 3 } });
    const attribute = `<rdf:Description xmlns:ns1="urn:velatura:painting:1#" ns1:painting="${json.replaceAll('"', '&#34;')}"/>`;
    expect(await readSettings(await carrying(rdf(attribute)))).toEqual({ seed: 3 });
    const quoted = `<rdf:Description xmlns:v="urn:velatura:painting:1#" v:painting='${json}'/>`;
    expect(await readSettings(await carrying(rdf(quoted)))).toEqual({ seed: 3 });
  });

  it('says when there are no settings, or none that make sense', async () => {
    const plain = join(place(), 'plain.jpg');
    await writePicture(plain, picture);
    await expect(readRecord(plain)).rejects.toThrow(`${plain} carries no settings`);
    await expect(readRecord(await carrying(rdf('<rdf:Description/>')))).rejects.toThrow(
      'carries no settings',
    );
    const inside = (json: string) =>
      carrying(
        rdf(
          `<rdf:Description xmlns:v="urn:velatura:painting:1#"><v:painting>${json}</v:painting></rdf:Description>`,
        ),
      );
    await expect(readRecord(await inside('{"settings": {'))).rejects.toThrow('are damaged');
    await expect(readRecord(await inside('7'))).rejects.toThrow(UserError);
    await expect(
      readRecord(await inside('{"program": "Velatura 99.0.0", "settings": {"size": -5}}')),
    ).rejects.toThrow(/written by Velatura 99\.0\.0, make no sense here: size must be at least/);
    for (const wrong of ['"content": {"a": 1}', '"style": 7', '"stopped": "there"', '"program": null']) {
      await expect(readRecord(await inside(`{${wrong}, "settings": {}}`))).rejects.toThrow(
        'make no sense here',
      );
    }
    const strange = await inside('{"content": "&#x110000;&#99999999;&#x41;", "settings": {}}');
    expect((await readRecord(strange)).content).toBe('&#x110000;&#99999999;A');
    const notes = join(place(), 'notes.txt');
    writeFileSync(notes, 'Dear diary');
    await expect(readRecord(notes)).rejects.toThrow(`${notes} is no picture that can be read.`);
    await expect(readRecord(join(folder, 'nobody.png'))).rejects.toThrow('There is no file');
  });
});
