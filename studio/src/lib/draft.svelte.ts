import type { Example, Settings } from './contract.ts';
import { recall, remember } from './memory.ts';
import type { Label } from './regions.ts';
import { compact } from './words.ts';

/** A picture that a person chose, with what was painted on it. */
export interface Chosen {
  readonly file: File;
  /** An address to show it by. */
  readonly url: string;
  /** Its size, or undefined where this browser cannot show it, such as TIFF. */
  readonly size: { readonly width: number; readonly height: number } | undefined;
  /** The regions, where there are any. */
  regions: Regions | undefined;
}

export interface Regions {
  /** Transparent but for the regions, each in its colour. */
  readonly canvas: HTMLCanvasElement;
  readonly labels: readonly Label[];
  /** The colour of all of it, where it has but one. */
  readonly whole: Label | undefined;
}

const KEY = 'velatura-settings';

/** What stands on the easel: the pictures, and what was turned away from its default. */
export const draft = $state<{
  content: Chosen | undefined;
  styles: Chosen[];
  /** The picture to start from, where it is neither of these. */
  start: Chosen | undefined;
  settings: Settings;
}>({
  content: undefined,
  styles: [],
  start: undefined,
  settings: remembered(),
});

/** Turns a control; undefined brings its default back. */
export function turn(name: string, value: unknown): void {
  const { scales, steps, ...others } = draft.settings;
  // Lists that were meant for another size would be refused with this one.
  const single = Array.isArray(steps) && steps.length === 1;
  const kept = name === 'size' ? { ...others, ...(single && { steps }) } : draft.settings;
  take({ ...kept, [name]: value });
}

/** Takes all settings from somewhere else. */
export function take(settings: Settings): void {
  draft.settings = compact(settings);
  remember('session', KEY, JSON.stringify(draft.settings));
}

export function setContent(picture: Chosen | undefined): void {
  if (draft.content) URL.revokeObjectURL(draft.content.url);
  draft.content = picture;
}

export function setStart(picture: Chosen | undefined): void {
  if (draft.start) URL.revokeObjectURL(draft.start.url);
  draft.start = picture;
}

export function addStyles(pictures: readonly Chosen[]): void {
  draft.styles.push(...pictures);
  fitMix();
}

export function changeStyle(index: number, picture: Chosen): void {
  const [gone] = draft.styles.splice(index, 1, picture);
  if (gone) URL.revokeObjectURL(gone.url);
}

export function removeStyle(index: number): void {
  const [gone] = draft.styles.splice(index, 1);
  if (gone) URL.revokeObjectURL(gone.url);
  fitMix();
}

/** The parts of styles that are no longer the same would be refused. */
function fitMix(): void {
  const mix = draft.settings.styleMix;
  if (Array.isArray(mix) && mix.length !== draft.styles.length) turn('styleMix', undefined);
}

const ENDINGS = /\.(jpe?g|png|webp|avif|tiff?|gif|svg|heic|heif)$/i;

/**
 * Takes a file as a picture.
 * @throws Error with a sentence when it is none
 */
export async function choose(file: File): Promise<Chosen> {
  if (!file.type.startsWith('image/') && !ENDINGS.test(file.name)) {
    throw new Error(`${file.name} is not a picture. Choose a JPEG, PNG, WebP, AVIF, TIFF, GIF or SVG.`);
  }
  if (file.size === 0) throw new Error(`${file.name} is empty. Choose another picture.`);
  const url = URL.createObjectURL(file);
  return { file, url, size: await sizeOf(url), regions: undefined };
}

/** @throws Error when it cannot be had */
export async function chooseExample({ name, url }: Example): Promise<Chosen> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The example ${name} cannot be had. Choose a picture of your own.`);
  const blob = await response.blob();
  const file = decodeURIComponent(url.split('/').at(-1)?.split('?')[0] ?? name);
  return choose(new File([blob], file, { type: blob.type }));
}

async function sizeOf(url: string): Promise<Chosen['size']> {
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
    return { width: image.naturalWidth, height: image.naturalHeight };
  } catch {
    return undefined;
  }
}

function remembered(): Settings {
  try {
    const found: unknown = JSON.parse(recall('session', KEY) ?? '{}');
    return typeof found === 'object' && found !== null ? (found as Settings) : {};
  } catch {
    return {};
  }
}
