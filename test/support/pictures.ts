import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import type { Picture } from 'velatura';
import { afterAll } from 'vitest';

/** A folder for the tests of a file, removed when they are done. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'velatura-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Soft waves of colour, of which every format keeps the shape. */
export function waves(width: number, height: number): Picture {
  const data = Float32Array.from({ length: 3 * width * height }, (_, i) => {
    const plane = Math.floor(i / (width * height));
    const x = ((i % width) + 0.5) / width;
    const y = ((Math.floor(i / width) % height) + 0.5) / height;
    return 0.5 + 0.35 * Math.sin(5 * x * (plane + 1) + 2 * plane) * Math.cos(4 * y - plane);
  });
  return { width, height, data };
}

/** The same, opaque in its left half and ever more transparent to the right, where it ends invisible. */
export function fadingWaves(width: number, height: number): Picture {
  const alpha = Float32Array.from({ length: width * height }, (_, i) => {
    const x = (i % width) / (width - 1);
    return Math.min(Math.max(2 - 2.5 * x, 0), 1);
  });
  return { ...waves(width, height), alpha };
}

/** The largest difference between two series. */
export function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b[i] as number))), 0);
}

/** The colour of a pixel. */
export function pixel({ width, height, data }: Picture, x: number, y: number): number[] {
  return [0, 1, 2].map((plane) => data[(plane * height + y) * width + x] as number);
}

interface PngOptions {
  readonly width: number;
  readonly height: number;
  readonly bits: 8 | 16;
  /** 1 for grey, 3 for RGB. */
  readonly channels: 1 | 3;
  /** Of the header only: what the picture claims to be. */
  readonly claims?: { width: number; height: number };
  readonly icc?: Buffer;
}

/** A PNG file, written byte by byte so that it can be anything. */
export function pngFile(values: ArrayLike<number>, options: PngOptions): Buffer {
  const { width, height, bits, channels, icc, claims = { width, height } } = options;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(claims.width, 0);
  header.writeUInt32BE(claims.height, 4);
  header.set([bits, channels === 1 ? 0 : 2], 8);
  const across = width * channels;
  const lines = Buffer.alloc(height * (1 + (across * bits) / 8));
  for (let i = 0; i < height * across; i++) {
    const row = Math.floor(i / across);
    const at = row * (1 + (across * bits) / 8) + 1 + ((i % across) * bits) / 8;
    if (bits === 8) lines.writeUInt8(values[i] as number, at);
    else lines.writeUInt16BE(values[i] as number, at);
  }
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...(icc ? [chunk('iCCP', Buffer.concat([Buffer.from('profile\0\0'), deflateSync(icc)]))] : []),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

/** An ICC profile of greys whose brightness is their value to the power of `gamma`. */
export function greyProfile(gamma: number): Buffer {
  const white = [0.9642, 1, 0.8249].map((value) => Math.round(value * 65536));
  const description = Buffer.alloc(102);
  description.write('desc');
  description.writeUInt32BE(5, 8);
  description.write('grey', 12);
  const point = Buffer.alloc(20);
  point.write('XYZ ');
  white.forEach((value, i) => {
    point.writeInt32BE(value, 8 + 4 * i);
  });
  const curve = Buffer.alloc(16);
  curve.write('curv');
  curve.writeUInt32BE(1, 8);
  curve.writeUInt16BE(Math.round(gamma * 256), 12);

  const tags: [string, Buffer][] = [
    ['desc', Buffer.concat([description, Buffer.alloc(2)])],
    ['wtpt', point],
    ['kTRC', curve],
  ];
  const head = Buffer.alloc(128 + 4 + 12 * tags.length);
  head.writeUInt32BE(0x02100000, 8);
  head.write('mntrGRAYXYZ ', 12);
  head.write('acsp', 36);
  white.forEach((value, i) => {
    head.writeInt32BE(value, 68 + 4 * i);
  });
  head.writeUInt32BE(tags.length, 128);
  let end = head.length;
  tags.forEach(([name, data], i) => {
    head.write(name, 132 + 12 * i);
    head.writeUInt32BE(end, 136 + 12 * i);
    head.writeUInt32BE(data.length, 140 + 12 * i);
    end += data.length;
  });
  head.writeUInt32BE(end, 0);
  return Buffer.concat([head, ...tags.map(([, data]) => data)]);
}

/** sRGB's curve, from brightness to value. */
export function encodeSrgb(light: number): number {
  return light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
}

/** The sRGB colour that a Display P3 colour is: same curve, other primaries. */
export function displayP3ToSrgb(colour: readonly number[]): number[] {
  const light = colour.map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  const matrix = [
    [1.2249401, -0.2249404, 0],
    [-0.0420569, 1.0420571, 0],
    [-0.0196376, -0.0786361, 1.0982735],
  ];
  return matrix.map((row) =>
    encodeSrgb(row.reduce((sum, weight, i) => sum + weight * (light[i] as number), 0)),
  );
}

/** A TIFF file of 32-bit floating-point numbers, 10 x 10 pixels, each with the same values. */
export function floatTiff(pixel: readonly number[]): Buffer {
  const channels = pixel.length;
  const values = Buffer.alloc(400 * channels);
  for (let i = 0; i < 100 * channels; i++) values.writeFloatLE(pixel[i % channels] as number, 4 * i);
  const directory = 8 + values.length;
  const numbers: [number, number[]][] = [
    [256, [10]],
    [257, [10]],
    [258, pixel.map(() => 32)],
    [259, [1]],
    [262, [channels < 3 ? 1 : 2]],
    [273, [8]],
    [277, [channels]],
    [278, [10]],
    [279, [values.length]],
    ...(channels % 2 === 0 ? [[338, [2]] as [number, number[]]] : []),
    [339, pixel.map(() => 3)],
  ];
  const head = Buffer.from('II*\0\0\0\0\0');
  head.writeUInt32LE(directory, 4);
  const tags = Buffer.alloc(2 + 12 * numbers.length + 4);
  const beyond: Buffer[] = [];
  tags.writeUInt16LE(numbers.length, 0);
  numbers.forEach(([tag, list], i) => {
    const at = 2 + 12 * i;
    tags.writeUInt16LE(tag, at);
    tags.writeUInt16LE(3, at + 2);
    tags.writeUInt32LE(list.length, at + 4);
    const shorts = Buffer.from(Uint16Array.from(list).buffer);
    if (shorts.length <= 4) shorts.copy(tags, at + 8);
    else {
      tags.writeUInt32LE(directory + tags.length + Buffer.concat(beyond).length, at + 8);
      beyond.push(shorts);
    }
  });
  return Buffer.concat([head, values, tags, ...beyond]);
}
