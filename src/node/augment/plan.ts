import { stat } from 'node:fs/promises';
import { extname, join, resolve, sep } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { checkSettings, INITS, type Settings, sizeOf } from '../../core/paint/index.ts';
import { type FoundPictures, findPictures, formatOf, type UnreadableFolder } from '../pictures/index.ts';
import type { WorkshopOptions } from '../workshop.ts';
import { settingsIn } from '../workshop.ts';
import { draw } from './draw.ts';

/** Settings of the copies unless others are given: small and quick, since there are many. */
export const AUGMENT_DEFAULTS = { size: 256, steps: [30] } satisfies Partial<Settings>;
export const DEFAULT_STRENGTH: readonly [number, number] = [0.3, 0.7];
/** More copies of one picture than this are a slip of the keyboard. */
const MOST_COPIES = 10_000;

export interface AugmentOptions extends Omit<WorkshopOptions, 'strength' | 'seed' | 'styleMix'> {
  /** The folder of the style pictures, and of folders of them. */
  readonly styles: string;
  /** The folder to write to; made where it is not there. */
  readonly output: string;
  /** Copies of each picture; 1 when left out. */
  readonly perImage?: number;
  /** Another number draws other styles and strengths; 0 when left out. */
  readonly seed?: number;
  /** The strength of each copy is drawn from here to there, or is always this; `DEFAULT_STRENGTH` when left out. */
  readonly strength?: number | readonly [number, number];
  /** The extension of the copies' files; `.png` when left out. */
  readonly extension?: string;
  /** Paints again what has been painted. */
  readonly force?: boolean;
}

/** One copy that is to be painted. Paths have slashes. */
export interface Copy {
  /** In the folder of pictures. */
  readonly source: string;
  /** In the output folder. */
  readonly result: string;
  /** From 1. */
  readonly copy: number;
  /** In the folder of styles. */
  readonly style: string;
  readonly strength: number;
  readonly seed: number;
}

export interface Plan {
  readonly folder: string;
  readonly styles: string;
  readonly output: string;
  readonly settings: Partial<Settings>;
  readonly sources: readonly string[];
  /** Folders whose pictures, if they have any, are not among the sources. */
  readonly unreadable: readonly UnreadableFolder[];
  readonly perImage: number;
  /** The copies of one picture. */
  copiesOf(source: string): Copy[];
}

/**
 * Finds the pictures, and what is to become of each.
 * @throws UserError when an option makes no sense, a folder is missing or has no pictures, or two copies would be one file
 */
export async function planAugment(folder: string, options: AugmentOptions): Promise<Plan> {
  const {
    styles,
    output,
    perImage = 1,
    seed = 0,
    strength = DEFAULT_STRENGTH,
    extension = '.png',
    force,
    ...rest
  } = options;
  checkSettings({ seed });
  checkPerImage(perImage);
  const range = rangeOf(strength);
  formatOf(`copy${extension}`);
  const given = settingsIn(rest);
  // The last of the scales is the size, unless both are given and contradict each other.
  const settings = { ...AUGMENT_DEFAULTS, ...(given.scales && { size: sizeOf(given) }), ...given };
  if (settings.init !== undefined && !INITS.includes(settings.init)) {
    throw new UserError(`init must be content, style or noise here, not "${settings.init}".`);
  }
  if (isAt(folder, output)) {
    throw new UserError(`The copies cannot be written among the pictures of ${folder}; name another folder.`);
  }
  if (resolve(styles) === resolve(output)) {
    throw new UserError(`The copies cannot be written among the styles of ${styles}; name another folder.`);
  }
  // What lies in the folder, but was not meant: the styles, and the copies of a run before.
  const { pictures: sources, unreadable } = await picturesIn(folder, [output, styles]);
  const { pictures: names, unreadable: hidden } = await picturesIn(styles, [output]);
  // Which styles there are decides what is drawn.
  if (hidden[0]) throw hidden[0].error;
  checkDistinct(sources);

  const copiesOf = (source: string) =>
    Array.from({ length: perImage }, (_, i): Copy => {
      const copy = i + 1;
      const { style, ...drawn } = draw(seed, source, copy, names.length, range);
      const result = `${stem(source)}-${copy}${extension}`;
      return { source, result, copy, style: names[style] as string, ...drawn };
    });
  return { folder, styles, output, settings, sources, unreadable, perImage, copiesOf };
}

/**
 * The pictures in a folder and those in it, but for some others that may be among them.
 * @throws UserError when there is none
 */
async function picturesIn(folder: string, others: readonly string[]): Promise<FoundPictures> {
  const there = await stat(folder).catch(() => undefined);
  if (!there) throw new UserError(`There is no folder ${folder}; check its name.`);
  if (!there.isDirectory()) throw new UserError(`${folder} is a file; name the folder that it is in.`);
  const within = others.filter((other) => isBelow(other, folder));
  const isMeant = (path: string) => !within.some((other) => isAt(join(folder, path), other));
  const found = await findPictures('**/*', folder);
  const pictures = found.pictures.filter(isMeant);
  const unreadable = found.unreadable.filter(({ path }) => isMeant(path));
  if (pictures.length > 0) return { pictures, unreadable };
  throw unreadable[0]?.error ?? new UserError(`There is no picture in ${folder}; check the folder.`);
}

/** Whether a path is below a folder. */
function isBelow(path: string, folder: string): boolean {
  return resolve(path).startsWith(resolve(folder) + sep);
}

/** Whether it is that folder, or below it. */
function isAt(path: string, folder: string): boolean {
  return resolve(path) === resolve(folder) || isBelow(path, folder);
}

function checkPerImage(perImage: number): void {
  if (Number.isInteger(perImage) && perImage >= 1 && perImage <= MOST_COPIES) return;
  throw new UserError(`perImage must be a whole number from 1 to ${MOST_COPIES}, not ${perImage}.`);
}

function rangeOf(strength: number | readonly [number, number]): readonly [number, number] {
  const [least, most] = typeof strength === 'number' ? [strength, strength] : strength;
  checkSettings({ strength: least });
  checkSettings({ strength: most });
  if (least <= most) return [least, most];
  throw new UserError(
    `strength must go from the smaller number to the larger one, not from ${least} to ${most}.`,
  );
}

/** `cats/tom` of `cats/tom.jpg` */
function stem(source: string): string {
  return source.slice(0, source.length - extname(source).length);
}

/** @throws UserError naming the first two pictures whose copies would be the same files */
function checkDistinct(sources: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const source of sources) {
    // Some file systems take large and small letters for the same.
    const key = stem(source).normalize().toLowerCase();
    const other = seen.get(key);
    if (other !== undefined) {
      throw new UserError(
        `The copies of ${other} and ${source} would have the same names; rename one of the two.`,
      );
    }
    seen.set(key, source);
  }
}
