import type { Example, Settings, Texture } from './contract.ts';
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
const TEXTURE_KEY = 'velatura-texture';
const EXPLAIN_KEY = 'velatura-explain';
const HISTORY_KEY = 'velatura-history';

export const USUAL_TEXTURE: Texture = { width: 512, height: 512, tileable: false };

/** What stands on the easel: the pictures, and what was turned away from its default. */
export const draft = $state<{
  content: Chosen | undefined;
  /** Other photographs, to be painted after it with the same settings. */
  more: Chosen[];
  /** What the texture is to be, where no photograph is repainted but a texture made. */
  texture: Texture | undefined;
  /** What an explanation looks into that is not as usual, where it is one that is asked for. */
  explain: Settings | undefined;
  styles: Chosen[];
  /** The picture to start from, where it is neither of these. */
  start: Chosen | undefined;
  /** Steps between two pictures of how it grows that are kept; undefined where none are. */
  history: number | undefined;
  settings: Settings;
}>({
  content: undefined,
  more: [],
  texture: remembered<Texture>(TEXTURE_KEY),
  explain: remembered<Settings>(EXPLAIN_KEY),
  styles: [],
  start: undefined,
  history: Number(recall('session', HISTORY_KEY)) || undefined,
  settings: remembered<Settings>(KEY) ?? {},
});

/** Turns a control; undefined brings its default back. */
export function turn(name: string, value: unknown): void {
  take({ ...(name === 'size' ? sizeless(draft.settings) : draft.settings), [name]: value });
}

/** Lists that were meant for another size would be refused with a new one. */
function sizeless({ scales, steps, ...others }: Settings): Settings {
  return Array.isArray(steps) && steps.length === 1 ? { ...others, steps } : others;
}

/** Takes all settings from somewhere else. */
export function take(settings: Settings): void {
  draft.settings = compact(settings);
  remember('session', KEY, JSON.stringify(draft.settings));
}

/** Has a photograph repainted. */
export function setPhotograph(): void {
  setTexture(undefined);
  setExplain(undefined);
}

/** Has a texture made instead. */
export function makeTexture(texture: Texture = USUAL_TEXTURE): void {
  setExplain(undefined);
  setTexture(texture);
}

/** Has a photograph repainted in small, and explained. */
export function makeExplanation(explain: Settings = {}): void {
  setTexture(undefined);
  setExplain(compact(explain));
}

function setTexture(texture: Texture | undefined): void {
  draft.texture = texture;
  remember('session', TEXTURE_KEY, texture && JSON.stringify(texture));
}

function setExplain(explain: Settings | undefined): void {
  draft.explain = explain;
  remember('session', EXPLAIN_KEY, explain && JSON.stringify(explain));
}

export function setHistory(every: number | undefined): void {
  draft.history = every;
  remember('session', HISTORY_KEY, every === undefined ? undefined : String(every));
}

/** Turns something about the texture. */
export function shapeTexture(change: Partial<Texture>): void {
  setTexture({ ...(draft.texture ?? USUAL_TEXTURE), ...change });
  if ('width' in change || 'height' in change) take(sizeless(draft.settings));
}

/** Sets the first on the easel, in the place of the one that was there, and others behind it. */
export function setContents([first, ...others]: readonly Chosen[]): void {
  if (!first) return;
  if (draft.content) URL.revokeObjectURL(draft.content.url);
  draft.content = first;
  draft.more.push(...others);
}

/** Takes it off the easel; the next one comes in its place. */
export function removeContent(): void {
  if (draft.content) URL.revokeObjectURL(draft.content.url);
  draft.content = draft.more.shift();
}

export function removeMore(index: number): void {
  const [gone] = draft.more.splice(index, 1);
  if (gone) URL.revokeObjectURL(gone.url);
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

function remembered<T>(key: string): T | undefined {
  try {
    const found: unknown = JSON.parse(recall('session', key) ?? 'null');
    return typeof found === 'object' && found !== null ? (found as T) : undefined;
  } catch {
    return undefined;
  }
}
