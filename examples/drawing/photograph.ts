import { clamp, lerp, smooth } from './colour.ts';
import { blur, type Picture, picture } from './picture.ts';
import { seeded } from './random.ts';

export type Development = { exposure: number; glow: number; vignette: number; grain: number };

/** Turns measured light into a photograph: glow of the lens, film curve, darker corners, grain. */
export function develop(light: Picture, { exposure, glow, vignette, grain }: Development): Picture {
  const { width, height } = light;
  const bright = picture(width, height);
  for (let i = 0; i < light.data.length; i++) bright.data[i] = Math.max(0, (light.data[i] as number) - 0.55);
  const halo = blur(bright, Math.round(width / 60));
  const random = seeded(1839);
  const out = picture(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const away = Math.hypot((x / width - 0.5) * 1.1, y / height - 0.5);
      const shade = exposure * (1 - vignette * smooth(0.3, 0.85, away));
      const speck = random.bell() * grain;
      for (let c = 0; c < 3; c++) {
        const i = (y * width + x) * 3 + c;
        const tone = film(((light.data[i] as number) + (halo.data[i] as number) * glow) * shade);
        out.data[i] =
          tone + speck * lerp(0.6, 1.2, 1 - Math.abs(tone * 2 - 1)) + random.bell() * grain * 0.35;
      }
    }
  }
  return out;
}

/** Light to tone, with a soft shoulder in the highlights and a soft toe in the shadows. */
function film(light: number): number {
  const x = Math.max(0, light) * 0.85;
  const curve = (x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14);
  const tone = clamp(curve) ** (1 / 2.2);
  return lerp(tone, smooth(0.02, 0.98, tone), 0.35);
}
