import sharp from 'sharp';
import { clamp, type Rgb } from './colour.ts';

/** Pixels as numbers: red, green, blue, row by row, 0 to 1. */
export type Picture = { width: number; height: number; data: Float32Array };

export function picture(width: number, height: number, colourAt?: (x: number, y: number) => Rgb): Picture {
  const data = new Float32Array(width * height * 3);
  if (colourAt) {
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const colour = colourAt(x, y);
        data[i++] = colour[0];
        data[i++] = colour[1];
        data[i++] = colour[2];
      }
    }
  }
  return { width, height, data };
}

/** The pixel at a place; beyond the edge, the nearest one inside. */
export function pixel(from: Picture, x: number, y: number): Rgb {
  const column = clamp(Math.round(x), 0, from.width - 1);
  const row = clamp(Math.round(y), 0, from.height - 1);
  const i = (row * from.width + column) * 3;
  return [from.data[i] as number, from.data[i + 1] as number, from.data[i + 2] as number];
}

/** One pass of a box blur along the rows of a plane that is returned turned over, columns as rows. */
function blurTurned(plane: Float32Array, width: number, height: number, radius: number): Float32Array {
  const out = new Float32Array(plane.length);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    let sum = 0;
    for (let x = -radius; x <= radius; x++) sum += plane[row + clamp(x, 0, width - 1)] as number;
    for (let x = 0; x < width; x++) {
      out[x * height + y] = sum / (2 * radius + 1);
      sum +=
        (plane[row + Math.min(x + radius + 1, width - 1)] as number) -
        (plane[row + Math.max(x - radius, 0)] as number);
    }
  }
  return out;
}

/** A soft blur (two box blurs) of a plane of numbers. */
export function blurPlane(plane: Float32Array, width: number, height: number, radius: number): Float32Array {
  let out = plane;
  for (let pass = 0; pass < 2; pass++) {
    out = blurTurned(blurTurned(out, width, height, radius), height, width, radius);
  }
  return out;
}

export function blur(from: Picture, radius: number): Picture {
  const { width, height, data } = from;
  const out = new Float32Array(data.length);
  for (let c = 0; c < 3; c++) {
    const plane = new Float32Array(width * height);
    for (let i = 0; i < plane.length; i++) plane[i] = data[i * 3 + c] as number;
    const soft = blurPlane(plane, width, height, radius);
    for (let i = 0; i < plane.length; i++) out[i * 3 + c] = soft[i] as number;
  }
  return { width, height, data: out };
}

/** Writes a picture to a file, its kind chosen by the name, its longest side at most `longest` pixels. */
export async function save(from: Picture, file: string, longest = 1024): Promise<void> {
  const { width, height, data } = from;
  const bytes = new Uint8ClampedArray(data.length);
  for (let i = 0; i < data.length; i++) bytes[i] = (data[i] as number) * 255;
  const image = sharp(bytes, { raw: { width, height, channels: 3 } }).resize(longest, longest, {
    fit: 'inside',
    withoutEnlargement: true,
  });
  if (file.endsWith('.png')) await image.png().toFile(file);
  else await image.jpeg({ quality: 88, mozjpeg: true }).toFile(file);
}
