import type { Chosen, Regions } from './draft.svelte.ts';

/** The colours that regions are painted in; content and style regions of one colour belong together. */
export const LABELS = ['white', 'red', 'green', 'blue', 'yellow'] as const;
export type Label = (typeof LABELS)[number];

export const colours: Readonly<Record<Label, string>> = {
  white: '#ffffff',
  red: '#ff0000',
  green: '#00ff00',
  blue: '#0000ff',
  yellow: '#ffff00',
};

/** How they look on the screen. */
export const paints: Readonly<Record<Label, string>> = {
  white: '#ffffff',
  red: '#d8432b',
  green: '#3f9b5f',
  blue: '#2f6fb5',
  yellow: '#f0b93a',
};

/** What covers less of a picture than this is taken for an edge by whoever paints. */
const LEAST_SHARE = 0.002;

/** The longest side of a mask. */
const SIDE = 1024;

/** A mask as large as the picture, or smaller in its proportions, with nothing on it. */
export function blankMask({ width, height }: { width: number; height: number }): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  const scale = Math.min(1, SIDE / Math.max(width, height));
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  return canvas;
}

/** Draws a stroke from one place to another, in pixels of the mask; without a colour it takes away. */
export function brush(
  canvas: HTMLCanvasElement,
  from: { x: number; y: number },
  to: { x: number; y: number },
  width: number,
  colour: string | undefined,
): void {
  const context = contextOf(canvas);
  context.globalCompositeOperation = colour ? 'source-over' : 'destination-out';
  context.strokeStyle = colour ?? '#000';
  context.lineCap = 'round';
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(from.x, from.y);
  // A line of no length draws nothing.
  context.lineTo(to.x + 0.01, to.y);
  context.stroke();
}

/** The mask with pure colours only, and black where nothing was painted: a brush has soft edges. */
function purified(canvas: HTMLCanvasElement): ImageData {
  const image = contextOf(canvas).getImageData(0, 0, canvas.width, canvas.height);
  const { data } = image;
  for (let i = 0; i < data.length; i += 4) {
    const painted = (data[i + 3] as number) >= 128;
    for (let k = 0; k < 3; k++) data[i + k] = painted && (data[i + k] as number) >= 128 ? 255 : 0;
    data[i + 3] = 255;
  }
  return image;
}

/** Shows a mask on a canvas of its size, in the colours of the screen. */
export function show(mask: HTMLCanvasElement, on: HTMLCanvasElement): void {
  const image = purified(mask);
  const { data } = image;
  const looks = new Map(LABELS.map((label) => [numberOf(colours[label]), numberOf(paints[label])]));
  for (let i = 0; i < data.length; i += 4) {
    const look = looks.get(pixelOf(data, i));
    data[i] = (look ?? 0) >> 16;
    data[i + 1] = ((look ?? 0) >> 8) & 255;
    data[i + 2] = (look ?? 0) & 255;
    data[i + 3] = look === undefined ? 0 : 255;
  }
  contextOf(on).putImageData(image, 0, 0);
}

/** What was painted on a mask: undefined where that is nothing. */
export function regionsOf(canvas: HTMLCanvasElement): Regions | undefined {
  const { data } = purified(canvas);
  const counts = new Map<number, number>();
  for (let i = 0; i < data.length; i += 4) {
    const pixel = pixelOf(data, i);
    counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  }
  const share = (label: Label) => (4 * (counts.get(numberOf(colours[label])) ?? 0)) / data.length;
  const labels = LABELS.filter((label) => share(label) >= LEAST_SHARE);
  const whole = labels.find((label) => share(label) === 1);
  return labels.length > 0 ? { canvas, labels, whole } : undefined;
}

/** The mask as a PNG file, black where nothing was painted. */
export async function maskFile({ canvas }: Regions, name: string): Promise<File> {
  const copy = blankMask(canvas);
  contextOf(copy).putImageData(purified(canvas), 0, 0);
  return fileOf(copy, name);
}

/** Paints all of a mask in one colour, or takes all away. */
export function fill(canvas: HTMLCanvasElement, colour: string | undefined): void {
  const context = contextOf(canvas);
  context.globalCompositeOperation = 'source-over';
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (!colour) return;
  context.fillStyle = colour;
  context.fillRect(0, 0, canvas.width, canvas.height);
}

/**
 * What is wrong with the regions, in a sentence, or nothing. White alone on the photograph says where to paint; otherwise
 * each colour needs its like.
 */
export function troubleWith(content: Place | undefined, styles: readonly Place[]): string {
  const here = content?.regions?.labels ?? [];
  const there = [...new Set(styles.flatMap(({ regions }) => regions?.labels ?? []))];
  if (there.length === 0) {
    const other = here.find((label) => label !== 'white');
    if (!other) return '';
    return `${capital(other)} is on the photograph only: paint it on a painting too, or use white alone to say where to paint.`;
  }
  const alone = there.find((label) => !here.includes(label));
  if (alone)
    return `${capital(alone)} is on a painting only: paint it on the photograph too, or take it away.`;
  const lonely = here.find((label) => !there.includes(label));
  if (lonely)
    return `${capital(lonely)} is on the photograph only: paint it on a painting too, or take it away.`;
  return '';
}

/** A picture, as far as its regions go. */
export type Place = Pick<Chosen, 'regions'>;

/** The colours that were painted on any of the pictures. */
export function regionColours(pictures: readonly (Place | undefined)[]): Label[] {
  return LABELS.filter((label) => pictures.some((picture) => picture?.regions?.labels.includes(label)));
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

function numberOf(colour: string): number {
  return Number.parseInt(colour.slice(1), 16);
}

function pixelOf(data: Uint8ClampedArray, i: number): number {
  return ((data[i] as number) << 16) | ((data[i + 1] as number) << 8) | (data[i + 2] as number);
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('This browser cannot draw regions.');
  return context;
}

async function fileOf(canvas: HTMLCanvasElement, name: string): Promise<File> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('This browser cannot write the regions as a file.');
  return new File([blob], name, { type: 'image/png' });
}
