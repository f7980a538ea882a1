import { hex, type Rgb } from '../colour.ts';

/** Paint and stone, given as they look on paper, taken darker as they are to light. */
export const real = (code: string): Rgb => hex(code).map((c) => c ** 2.3 * 0.82) as unknown as Rgb;

export const walls = [
  '#e3cfa4',
  '#d9a05b',
  '#c9705a',
  '#e8dcc6',
  '#a9b9c0',
  '#d7b877',
  '#b5563f',
  '#dfb59a',
  '#93a583',
  '#cf8a4e',
  '#efe3c8',
  '#8c4a3a',
].map(real);
export const roofs = ['#a5523a', '#8a4534', '#b8694a', '#5c5a60', '#7d4a3c', '#6a5248'].map(real);
export const shutters = ['#3f6b5c', '#6b3a35', '#39566f', '#5d7a4a', '#7a6a4a'].map(real);
export const white = real('#efe9da');
export const masonry = real('#a89a84');
