import { clamp, type Rgb } from './colour.ts';
import { noise2 } from './noise.ts';
import { blurPlane, type Picture, picture } from './picture.ts';

/** A cloth with paint on it: the colour of the paint, and how thick it lies. */
export type Canvas = { width: number; height: number; paint: Float32Array; relief: Float32Array };

/** A bare canvas: toned ground, and the threads of a weave `thread` pixels apart. */
export function bareCanvas(
  width: number,
  height: number,
  ground: Rgb,
  thread: number,
  depth: number,
): Canvas {
  const relief = new Float32Array(width * height);
  const { data: paint } = picture(width, height, (x, y) => {
    const wobble = noise2(x / 40, y / 40) * 0.8;
    const warp = Math.sin((x * Math.PI) / thread + wobble) * Math.sin((y * Math.PI) / thread + wobble);
    relief[y * width + x] = warp * depth;
    const tone = 1 + warp * 0.05 + noise2(x / 90, y / 90) * 0.06;
    return [ground[0] * tone, ground[1] * tone, ground[2] * tone];
  });
  return { width, height, paint, relief };
}

/** The canvas as a lamp from the upper left shows it: ridges of paint catch light and throw shade. */
export function lit(canvas: Canvas, depth: number, gloss: number): Picture {
  const { width, height, paint } = canvas;
  const relief = blurPlane(canvas.relief, width, height, 1);
  const data = new Float32Array(paint.length);
  for (let y = 0; y < height; y++) {
    const up = Math.max(y - 1, 0) * width;
    const down = Math.min(y + 1, height - 1) * width;
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const left = relief[i - (x > 0 ? 1 : 0)] as number;
      const right = relief[i + (x < width - 1 ? 1 : 0)] as number;
      const dx = ((right - left) / 2) * depth;
      const dy = (((relief[down + x] as number) - (relief[up + x] as number)) / 2) * depth;
      const length = Math.sqrt(dx * dx + dy * dy + 1);
      const facing = (0.42 * dx + 0.56 * dy + 0.714) / length / 0.714;
      const shade = clamp(facing, 0.35, 1.5);
      const half = (0.227 * dx + 0.302 * dy + 0.926) / length;
      const shine = gloss * (half ** 60 - 0.01) * clamp(facing - 1, 0, 1) * 3;
      for (let c = 0; c < 3; c++) {
        data[i * 3 + c] = (paint[i * 3 + c] as number) * shade + shine;
      }
    }
  }
  return { width, height, data };
}
