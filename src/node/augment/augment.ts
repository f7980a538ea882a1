import { basename, dirname, join } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { Step } from '../../core/paint/index.ts';
import type { Picture } from '../../core/picture/picture.ts';
import { makeNamedFolder } from '../folder.ts';
import { readContent, readStyles } from '../inputs.ts';
import { writePicture } from '../pictures/index.ts';
import { openWorkshop, type PreparedPainting } from '../workshop.ts';
import { keepManifest, type ManifestEntry, manifestEntry, readManifest } from './manifest.ts';
import { type AugmentOptions, type Copy, planAugment } from './plan.ts';
import { checkOverwritten, copiesThere, removeLeftovers } from './resume.ts';

/** What happens while a set is augmented. */
export type AugmentEvent =
  /** At first: the copies of the whole set, and how many of them are there already. */
  | { readonly event: 'plan'; readonly copies: number; readonly there: number }
  | { readonly event: 'start'; readonly entry: ManifestEntry; readonly painting: PreparedPainting }
  | { readonly event: 'step'; readonly step: Step }
  /** The copy is written, to `file`. */
  | {
      readonly event: 'done';
      readonly entry: ManifestEntry;
      readonly file: string;
      readonly picture: Picture;
    }
  /**
   * So many copies of a picture cannot be painted; the others are. Of a folder that cannot be read nobody knows how many there
   * would be: 0.
   */
  | {
      readonly event: 'failed';
      readonly source: string;
      readonly copies: number;
      readonly error: UserError;
    };

/** Styles that are kept when they have been read: few enough for the memory, for sets of thousands. */
const KEPT_STYLES = 32;

/**
 * Augments a training set: paints copies of every picture of a folder, each in a style and with a strength that are drawn at
 * random (Geirhos et al. 2019, *ImageNet-trained CNNs are biased towards texture*), into the same folders below `output`,
 * where `manifest.jsonl` has a line for each (`ManifestEntry`).
 *
 * What is drawn depends on the seed, the picture's path and the copy's number alone. A run that was ended, however it was,
 * is taken up by calling this again: what is there is not painted again. One process at a time may write to a folder.
 *
 *     for await (const { event, entry } of augment('train', { styles: 'paintings', output: 'styled', perImage: 3 })) {
 *       if (event === 'done') console.log(entry.result);
 *     }
 *
 * @throws UserError for what the caller can put right, as when the folder was augmented with other options before;
 *   EngineError when the engine fails; the signal's reason
 */
export async function* augment(folder: string, options: AugmentOptions): AsyncGenerator<AugmentEvent> {
  const plan = await planAugment(folder, options);
  const { output, settings, sources, unreadable, perImage, copiesOf } = plan;
  const { threads, engine, memory, signal, onDownload, onNote } = options;
  const before = options.force ? new Map<string, string>() : await readManifest(output);
  const running = Object.fromEntries(
    Object.entries({ threads, engine, memory, signal, onDownload, onNote }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  const workshop = await openWorkshop({ ...settings, ...running });
  try {
    const lineOf = (copy: Copy) => JSON.stringify(manifestEntry(copy, workshop.settings));
    if (options.force) await checkOverwritten(plan);
    const there = options.force ? new Set<string>() : await copiesThere(plan, before, lineOf);
    const missing = (source: string) => copiesOf(source).filter(({ result }) => !there.has(result));
    yield { event: 'plan', copies: sources.length * perImage, there: there.size };
    for (const { path, error } of unreadable) yield { event: 'failed', source: path, copies: 0, error };

    await makeNamedFolder(output);
    await removeLeftovers(output, sources.flatMap(missing));
    const planned = new Set(sources.flatMap((source) => copiesOf(source).map(({ result }) => result)));
    const others = [...before].filter(([result]) => !planned.has(result)).map(([, line]) => line);
    const manifest = keepManifest(output, function* () {
      for (const source of sources) {
        for (const copy of copiesOf(source)) if (there.has(copy.result)) yield lineOf(copy);
      }
      // Of more copies, or of pictures that are gone: what the files are that they left stays known.
      yield* others;
    });

    const styles = new Map<string, Picture>();
    async function styleNamed(name: string): Promise<Picture> {
      const known = styles.get(name);
      if (known) return known;
      const [picture] = (await readStyles(join(plan.styles, name), workshop.settings, signal)) as [Picture];
      if (styles.size === KEPT_STYLES) styles.delete(styles.keys().next().value as string);
      styles.set(name, picture);
      return picture;
    }

    try {
      for (const source of sources) {
        const todo = missing(source);
        if (todo.length === 0) continue;
        signal?.throwIfAborted();
        const content = await orError(readContent(join(folder, source), workshop.settings, signal));
        if (content instanceof UserError) {
          yield { event: 'failed', source, copies: todo.length, error: content };
          continue;
        }
        await makeNamedFolder(join(output, dirname(source)));
        for (const copy of todo) {
          const { strength, seed } = copy;
          const entry = manifestEntry(copy, workshop.settings);
          const painting = await orError(
            styleNamed(copy.style).then((style) =>
              workshop.prepare({ content, styles: [style] }, { strength, seed }),
            ),
          );
          if (painting instanceof UserError) {
            yield { event: 'failed', source, copies: 1, error: painting };
            continue;
          }
          yield { event: 'start', entry, painting };
          let last: Step | undefined;
          let failure: UserError | undefined;
          try {
            for await (last of painting.steps()) yield { event: 'step', step: last };
          } catch (error) {
            if (!(error instanceof UserError)) throw error;
            failure = error;
          }
          if (failure) {
            yield { event: 'failed', source, copies: 1, error: failure };
            continue;
          }
          const file = join(output, copy.result);
          const { picture } = last as Step;
          await writePicture(file, picture, {
            settings: painting.settings,
            content: basename(source),
            style: [basename(copy.style)],
          });
          there.add(copy.result);
          await manifest.save();
          yield { event: 'done', entry, file, picture };
        }
      }
    } finally {
      await manifest.close();
    }
  } finally {
    await workshop.close();
  }
}

/** What the person can put right is returned: the others go on without it. */
async function orError<T>(work: Promise<T>): Promise<T | UserError> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}
