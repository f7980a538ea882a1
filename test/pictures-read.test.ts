import { spawnSync } from 'node:child_process';
import { createReadStream, mkdirSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { encodePicture, type Picture, readPicture, sizeOfPicture, UserError } from 'velatura';
import { describe, expect, it } from 'vitest';
import {
  displayP3ToSrgb,
  encodeSrgb,
  fadingWaves,
  floatTiff,
  greyProfile,
  largestDifference,
  pixel,
  pngFile,
  testFolder,
  waves,
} from './support/pictures.ts';

const folder = testFolder();
const picture = waves(60, 40);
const png = await encodePicture(picture, 'png');

/** The pixels of a picture for sharp. */
const rgb = (from: Picture) => {
  const area = from.width * from.height;
  const bytes = Uint8Array.from({ length: 3 * area }, (_, i) =>
    Math.round((from.data[(i % 3) * area + Math.floor(i / 3)] as number) * 255),
  );
  return sharp(bytes, { raw: { width: from.width, height: from.height, channels: 3 } });
};

describe('readPicture', () => {
  it('takes a path, a URL, bytes, streams of both kinds, and pixels', async () => {
    const file = join(folder, 'waves.png');
    await writeFile(file, png);
    const expected = await readPicture(png);
    expect(expected).toMatchObject({ width: 60, height: 40 });
    const sources = [
      file,
      pathToFileURL(file),
      createReadStream(file),
      new Blob([png as Uint8Array<ArrayBuffer>]).stream(),
      pathToFileURL(file).href,
      new Blob([png as Uint8Array<ArrayBuffer>]),
      Uint8Array.from(png).buffer,
    ];
    for (const source of sources) expect(await readPicture(source)).toEqual(expected);
    expect(await readPicture(picture)).toBe(picture);
  });

  it.each(['jpeg', 'png', 'webp', 'avif', 'tiff', 'gif'] as const)('reads %s', async (format) => {
    // A quality would make sharp reduce a PNG to 256 colours.
    const options = format === 'png' || format === 'gif' ? {} : { quality: 100 };
    const found = await readPicture(await rgb(picture).toFormat(format, options).toBuffer());
    expect(found).toMatchObject({ width: 60, height: 40 });
    // A GIF has 256 colours.
    expect(largestDifference(found.data, picture.data)).toBeLessThan(format === 'gif' ? 0.2 : 0.06);
  });

  it('reads the first frame of a GIF', async () => {
    const frames = ['#ff0000', '#0000ff'].map((background) =>
      sharp({ create: { width: 12, height: 10, channels: 3, background } })
        .png()
        .toBuffer(),
    );
    const gif = await sharp(await Promise.all(frames), { join: { animated: true } })
      .gif()
      .toBuffer();
    expect((await sharp(gif).metadata()).pages).toBe(2);
    const found = await readPicture(gif);
    expect(found).toMatchObject({ width: 12, height: 10 });
    expect(pixel(found, 5, 5)).toEqual([1, 0, 0]);
  });

  it('draws an SVG at the size asked for, which its edges show', async () => {
    const svg = Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="8"><rect width="16" height="8" fill="#fff"/>' +
        '<rect width="5" height="8" fill="#000"/></svg>',
    );
    expect(await readPicture(svg)).toMatchObject({ width: 16, height: 8 });
    const large = await readPicture(svg, { longest: 320 });
    expect(large).toMatchObject({ width: 320, height: 160 });
    expect([pixel(large, 98, 80), pixel(large, 101, 80)]).toEqual([
      [0, 0, 0],
      [1, 1, 1],
    ]);
  });

  it('turns pictures upright by their EXIF orientation', async () => {
    for (const orientation of [1, 3, 6, 8]) {
      const stored = await rgb(picture)
        .rotate({ 1: 0, 3: 180, 6: 270, 8: 90 }[orientation])
        .withMetadata({ orientation })
        .png()
        .toBuffer();
      const found = await readPicture(stored);
      expect(found).toMatchObject({ width: 60, height: 40 });
      expect(largestDifference(found.data, picture.data)).toBeLessThan(0.003);
      expect(await readPicture(stored, { longest: 30 })).toMatchObject({ width: 30, height: 20 });
    }
  });

  it('keeps 16 bits', async () => {
    const values = Array.from({ length: 3 * 16 * 16 }, (_, i) => (i * 8191) % 65536);
    const found = await readPicture(pngFile(values, { width: 16, height: 16, bits: 16, channels: 3 }));
    const expected = values.map((_, i) => (values[(i % 256) * 3 + Math.floor(i / 256)] as number) / 65535);
    expect(largestDifference(found.data, Float32Array.from(expected))).toBeLessThan(1e-6);
  });

  it('reads floating-point numbers as brightness, grey or not', async () => {
    for (const light of [0, 0.2, 0.5, 1]) {
      for (const values of [[light], [light, light, light], [light, light, light, 1]]) {
        const found = await readPicture(floatTiff(values), { longest: 8 });
        for (const value of pixel(found, 3, 3))
          expect(Math.abs(value - encodeSrgb(light))).toBeLessThan(1e-4);
      }
    }
    const finite = 'holds values that are not finite numbers';
    for (const wrong of [[Number.NaN], [0.5, Number.NaN, 0.5]]) {
      await expect(readPicture(floatTiff(wrong))).rejects.toThrow(finite);
    }
    await expect(readPicture(floatTiff([200]))).rejects.toThrow('numbers above 1, which is white');
    await expect(readPicture(floatTiff([0.5, 1]))).rejects.toThrow(UserError);
  });

  it('takes grey for three equal colours', async () => {
    const values = Array.from({ length: 256 }, (_, i) => i);
    for (const bits of [8, 16] as const) {
      const deep = bits === 16 ? values.map((value) => value * 257) : values;
      const found = await readPicture(pngFile(deep, { width: 16, height: 16, bits, channels: 1 }));
      const expected = Float32Array.from([...values, ...values, ...values], (value) => value / 255);
      expect(largestDifference(found.data, expected)).toBeLessThan(1e-6);
    }
  });

  it('reduces to the longest side, and never enlarges', async () => {
    expect(await readPicture(png, { longest: 30 })).toMatchObject({ width: 30, height: 20 });
    expect(await readPicture(png, { longest: 300 })).toMatchObject({ width: 60, height: 40 });
    expect(await readPicture(picture, { longest: 30 })).toMatchObject({ width: 30, height: 20 });
    expect(await readPicture(picture, { longest: 300 })).toBe(picture);
    const jpeg = await encodePicture(waves(600, 400), 'jpeg');
    const small = await readPicture(jpeg, { longest: 60 });
    expect(small).toMatchObject({ width: 60, height: 40 });
    expect(largestDifference(small.data, picture.data)).toBeLessThan(0.03);
  });
});

describe('colour profiles', () => {
  // Within what sRGB can show, where the conversion is exact but for rounding.
  const colours = [
    [0.8, 0.5, 0.4],
    [0.3, 0.6, 0.5],
    [0.5, 0.5, 0.5],
    [0.7, 0.65, 0.3],
  ];

  it.each([8, 16])('converts Display P3 with %i bits', async (bits) => {
    for (const colour of colours) {
      const white = 2 ** bits - 1;
      const values = Array.from({ length: 3 * 100 }, (_, i) => Math.round((colour[i % 3] as number) * white));
      const raw = bits === 8 ? Uint8Array.from(values) : Uint16Array.from(values);
      const p3 = await p3File(raw, bits);
      const found = pixel(await readPicture(p3), 5, 5);
      const expected = displayP3ToSrgb(colour);
      found.forEach((value, i) => {
        expect(Math.abs(value - (expected[i] as number))).toBeLessThan(0.008);
      });
      expect(Math.max(...found.map((value, i) => Math.abs(value - (colour[i] as number))))).toBeLessThan(0.2);
    }
    const strong = pixel(
      await readPicture(
        await p3File(
          Uint8Array.from({ length: 300 }, (_, i) => [180, 40, 40][i % 3] as number),
          8,
        ),
      ),
      5,
      5,
    );
    expect(strong[0]).toBeGreaterThan(180 / 255 + 0.03);
  });

  async function p3File(values: Uint8Array | Uint16Array, bits: number): Promise<Buffer> {
    const image = sharp(values, { raw: { width: 10, height: 10, channels: 3 } });
    // sharp takes 16-bit values for Display P3 already; those with 8 bits have to be said to be none other.
    if (bits === 16) return image.toColourspace('rgb16').withIccProfile('p3').png().toBuffer();
    const deep = Uint16Array.from(values, (value) => value * 257);
    const { icc } = await sharp(await p3File(deep, 16)).metadata();
    return pngFile(values, { width: 10, height: 10, bits: 8, channels: 3, icc: icc as Buffer });
  }

  it.each(['jpeg', 'tiff'] as const)('converts a CMYK %s', async (format) => {
    const soft = { ...picture, data: picture.data.map((value) => 0.35 + 0.3 * value) };
    const cmyk = await rgb(soft).toColourspace('cmyk').withIccProfile('cmyk').toFormat(format).toBuffer();
    expect(await sharp(cmyk).metadata()).toMatchObject({ space: 'cmyk', channels: 4, hasProfile: true });
    const found = await readPicture(cmyk);
    expect(found).toMatchObject({ width: 60, height: 40 });
    expect(found.alpha).toBeUndefined();
    expect(largestDifference(found.data, soft.data)).toBeLessThan(0.1);
  });

  it.each([8, 16] as const)('converts linear grey with %i bits', async (bits) => {
    const white = 2 ** bits - 1;
    const values = Array.from({ length: 256 }, (_, i) => Math.round((i / 255) * white));
    const file = pngFile(values, { width: 16, height: 16, bits, channels: 1, icc: greyProfile(1) });
    const { data } = await readPicture(file);
    for (const i of [20, 64, 128, 255]) {
      for (const plane of [0, 1, 2]) {
        expect(Math.abs((data[plane * 256 + i] as number) - encodeSrgb(i / 255))).toBeLessThan(0.006);
      }
    }
  });
});

describe('transparency', () => {
  it('is kept, with the colours of what is visible', async () => {
    const faded = fadingWaves(60, 40);
    for (const format of ['png', 'tiff'] as const) {
      const found = await readPicture(await encodePicture(faded, format));
      expect(largestDifference(found.alpha as Float32Array, faded.alpha as Float32Array)).toBeLessThan(0.003);
      const visible = found.data.filter((_, i) => (faded.alpha?.[i % 2400] as number) > 0.1);
      const expected = faded.data.filter((_, i) => (faded.alpha?.[i % 2400] as number) > 0.1);
      expect(largestDifference(visible, expected)).toBeLessThan(0.003);
    }
  });

  it('does not let hidden colours show: they continue what is around them', async () => {
    // A red disc on nothing, where the nothing is stored as bright green.
    const size = 40;
    const inside = (i: number) => Math.hypot((i % size) - 19.5, Math.floor(i / size) - 19.5) < 12;
    const bytes = Uint8Array.from({ length: 4 * size * size }, (_, i) => {
      const shown = inside(Math.floor(i / 4));
      return [shown ? 200 : 0, shown ? 30 : 255, shown ? 30 : 0, shown ? 255 : 0][i % 4] as number;
    });
    const file = await sharp(bytes, { raw: { width: size, height: size, channels: 4 } })
      .png()
      .toBuffer();
    for (const longest of [undefined, 20]) {
      const found = await readPicture(file, { longest });
      const half = found.width / 2;
      for (const [x, y] of [
        [0, 0],
        [half, half],
        [found.width - 1, half],
      ] as const) {
        const [red, green] = pixel(found, x, y) as [number, number];
        expect(Math.abs(red - 200 / 255)).toBeLessThan(0.05);
        expect(Math.abs(green - 30 / 255)).toBeLessThan(0.05);
      }
      expect(found.alpha?.[0]).toBe(0);
    }
  });

  it('is left out where there is none, and grey where there is nothing else', async () => {
    const opaque = { ...picture, alpha: new Float32Array(2400).fill(1) };
    expect((await readPicture(await encodePicture(opaque, 'png'))).alpha).toBeUndefined();
    const invisible = { ...picture, alpha: new Float32Array(2400) };
    const found = await readPicture(await encodePicture(invisible, 'png'));
    expect(new Set(found.data)).toEqual(new Set([0.5]));
  });
});

describe('what is no picture to read', () => {
  const jpeg = encodePicture(waves(200, 150), 'jpeg');
  const refusal = async (name: string, content: Uint8Array | string): Promise<string> => {
    const file = join(folder, name);
    writeFileSync(file, content);
    const error = await readPicture(file, { longest: 64 }).catch((problem: unknown) => problem);
    expect(error).toBeInstanceOf(UserError);
    const { message } = error as UserError;
    expect(message.startsWith(file)).toBe(true);
    expect(message).not.toContain('\n');
    return message.slice(file.length + 1);
  };

  it('is refused in a sentence that names it', async () => {
    await expect(readPicture(join(folder, 'nobody.jpg'))).rejects.toThrow(
      `There is no file ${join(folder, 'nobody.jpg')}; check its name.`,
    );
    mkdirSync(join(folder, 'album'));
    await expect(readPicture(join(folder, 'album'))).rejects.toThrow(
      `${join(folder, 'album')} is a folder, not a picture; name a file in it.`,
    );
    await expect(readPicture(new URL('https://example.com/a.jpg'))).rejects.toThrow(UserError);
    expect(await refusal('empty.jpg', '')).toBe('is empty; get it anew.');
    expect(await refusal('notes.jpg', 'Dear diary, today I painted.')).toMatch(
      /^is no picture that can be read;/,
    );
    expect(await refusal('dot.png', pngFile([0], { width: 1, height: 1, bits: 8, channels: 1 }))).toBe(
      'is too small: 1 x 1 pixels, where each side must have at least 8.',
    );
    const line = pngFile(new Array(700).fill(0), { width: 100, height: 7, bits: 8, channels: 1 });
    expect(await refusal('line.png', line)).toMatch(/^is too small: 100 x 7 pixels/);
  });

  it('is refused when it is damaged: half of a file of any format', async () => {
    const broken = /^is damaged or cut off \(.+\); get it anew\.$/;
    expect(await refusal('half.jpg', (await jpeg).subarray(0, (await jpeg).length / 2))).toMatch(broken);
    const progressive = await rgb(waves(200, 150)).jpeg({ progressive: true }).toBuffer();
    expect(await refusal('progressive.jpg', progressive.subarray(0, progressive.length / 2))).toMatch(broken);
    expect(await refusal('half.png', png.subarray(0, png.length / 2))).toMatch(broken);
    for (const format of ['webp', 'avif', 'gif'] as const) {
      const whole = await rgb(waves(200, 150)).toFormat(format).toBuffer();
      expect(await refusal(`half.${format}`, whole.subarray(0, whole.length / 2))).toMatch(broken);
    }
    const flipped = Buffer.from(png);
    flipped.fill(0, png.length / 2, png.length / 2 + 40);
    expect(await refusal('flipped.png', flipped)).toMatch(broken);
  });

  it('is refused when it is enormous, by its header', async () => {
    const claims = { width: 60_000, height: 50_000 };
    const file = pngFile(new Array(64).fill(0), { width: 8, height: 8, bits: 8, channels: 1, claims });
    expect(await refusal('vast.png', file)).toBe(
      'is too large: 60000 x 50000 pixels, where 268 million are the most; reduce it first, or name a size to read it at.',
    );
    expect(
      await refusal('vast.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="90000" height="90000"/>'),
    ).toMatch(/^is too large: 90000 x 90000 pixels/);
  });

  it('is read when it is enormous and meant to be, at a reduced size', async () => {
    const size = { width: 17_000, height: 16_000 };
    const huge = await sharp({
      create: { ...size, channels: 3, background: '#4080c0' },
      limitInputPixels: false,
    })
      .jpeg()
      .toBuffer();
    await expect(readPicture(huge, { longest: 68 })).rejects.toThrow(/is too large: 17000 x 16000 pixels/);
    await expect(readPicture(huge, { huge: true })).rejects.toThrow(/is too large: 17000 x 16000 pixels/);
    const { width, height, data } = await readPicture(huge, { longest: 68, huge: true });
    expect([width, height]).toEqual([68, 64]);
    for (const [channel, value] of [0x40, 0x80, 0xc0].entries()) {
      expect(data[channel * 68 * 64] as number).toBeCloseTo(value / 255, 2);
    }
  });

  it('is refused when pixels are not what they should be', async () => {
    await expect(readPicture({ width: 10, height: 10, data: new Float32Array(100) })).rejects.toThrow(
      UserError,
    );
    await expect(
      readPicture({ width: 10, height: 10, data: new Float32Array(300), alpha: new Float32Array(3) }),
    ).rejects.toThrow(UserError);
    await expect(
      readPicture({ width: 10, height: 10, data: new Float32Array(300).fill(Number.NaN) }),
    ).rejects.toThrow(UserError);
  });

  it('is refused when it is nothing to read, or out of range', async () => {
    const refused = async (source: unknown, sentence: RegExp) => {
      const error = await readPicture(source as string, { name: 'The style' }).catch(
        (problem: unknown) => problem,
      );
      expect(error).toBeInstanceOf(UserError);
      expect((error as UserError).message).toMatch(sentence);
    };
    for (const missing of [undefined, null]) await refused(missing, /^The style is missing; give a path, /);
    for (const wrong of [7, {}, [], true])
      await refused(wrong, /^The style is nothing to read; give a path, /);
    await refused(new Uint8Array([1, 2, 3]), /^The style is no picture/);
    await refused('', /^The style has an empty name/);
    for (const url of ['https://a.b/c.jpg', 'HTTP://a.b/c.jpg']) await refused(url, /is not on this machine/);
    if (process.platform !== 'win32') {
      for (const url of ['file://host/x.jpg', new URL('file://host/x.jpg')])
        await refused(url, /names no file/);
    }
    const data = new Float32Array(300).fill(0.5);
    await refused({ width: 10.5, height: 10, data }, /in whole pixels, not 10\.5 x 10/);
    await refused({ width: 10, data }, /in whole pixels, not 10 x undefined/);
    await refused(
      { width: 10, height: 10, data: [...data] },
      /must have as data a Float32Array of 3 x 10 x 10/,
    );
    await refused(
      { width: 10, height: 10, data: data.map(() => 255) },
      /values from 0 to 255, where .* by 255\.$/,
    );
    await refused(
      { width: 10, height: 10, data, alpha: new Float32Array(100).fill(255) },
      /values from 0 to 255/,
    );
  });

  it('does not keep a very large picture from being read in little memory', async () => {
    const file = join(folder, 'large.png');
    const create = { width: 14_000, height: 14_000, channels: 3 as const, background: '#406080' };
    await sharp({ create }).png({ compressionLevel: 1 }).toFile(file);
    const script = `
      const { readPicture } = await import('velatura');
      const picture = await readPicture(process.argv[1], { longest: 512 });
      console.log(JSON.stringify({ width: picture.width, bytes: process.resourceUsage().maxRSS * 1024 }));`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script, file], {
      encoding: 'utf8',
    });
    const { width, bytes } = JSON.parse(child.stdout);
    expect(width).toBe(512);
    // Decoded whole it would take 588 MB.
    expect(bytes).toBeLessThan(400e6);
  });
});

describe('sizeOfPicture', () => {
  it('tells what size a picture will be read at, by its header alone', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"></svg>');
    const turned = await rgb(picture).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    for (const source of [picture, png, turned, svg]) {
      for (const longest of [undefined, 17, 40, 200]) {
        const { width, height } = await readPicture(source, { longest });
        expect(await sizeOfPicture(source, { longest })).toEqual({ width, height });
      }
    }
    // A JPEG is reduced on the way, which may cost a pixel.
    const narrow = await rgb(waves(22, 330)).jpeg().toBuffer();
    const { width, height } = await readPicture(narrow, { longest: 117 });
    const told = await sizeOfPicture(narrow, { longest: 117 });
    expect(Math.abs(told.width - width) + Math.abs(told.height - height)).toBeLessThanOrEqual(1);
  });

  it('refuses what the header says is no picture to be read', async () => {
    await expect(sizeOfPicture(new Uint8Array([1, 2, 3]))).rejects.toThrow(/is no picture that can be read/);
    await expect(sizeOfPicture(await rgb(waves(40, 4)).png().toBuffer())).rejects.toThrow(/too small/);
    // What is behind the header it does not see.
    expect(await sizeOfPicture(png.subarray(0, png.length / 2))).toEqual({ width: 60, height: 40 });
  });
});
