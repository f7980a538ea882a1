import type { Step } from '../core/paint/index.ts';
import type { Picture } from '../core/picture/picture.ts';
import { readContent, readStart, readStyles } from './inputs.ts';
import type { PaintOptions } from './paint.ts';
import type { PictureSource } from './pictures/index.ts';
import type { RegionOptions } from './regions.ts';
import { openWorkshop, type PreparedPainting, settingsIn } from './workshop.ts';

/** What decides how a series comes out: all that decides it for one painting but regions, which belong to one content. */
export type SeriesOptions = Omit<PaintOptions, keyof RegionOptions>;

/** A picture's place in its series. */
interface Place<Source> {
  /** From 0. */
  readonly index: number;
  readonly content: Source;
}

/** What went wrong with a picture; the others are painted all the same. */
interface Failed {
  readonly error: Error;
}

/** One of a series, ready to be painted, or what is wrong with it. */
export type PreparedInSeries<Source = PictureSource> = Place<Source> &
  (
    | ({ readonly painting: PreparedPainting } & { readonly error?: never })
    | (Failed & { readonly painting?: never })
  );

/** One of a series, painted, or what went wrong. */
export type PaintedInSeries<Source = PictureSource> = Place<Source> &
  (({ readonly picture: Picture } & { readonly error?: never }) | (Failed & { readonly picture?: never }));

/**
 * Repaints many pictures in the same style, one after the other, with one engine; the network and the style are looked at
 * once. A picture that cannot be painted gives its error and the next one follows. Leaving the loop stops the work.
 *
 *     for await (const { content, picture, error } of repaintSeries(['a.jpg', 'b.jpg'], { style: 'painting.jpg' })) {
 *       if (picture) await writePicture(`${content}.png`, picture);
 *       else console.error(error.message);
 *     }
 *
 * @throws UserError for what is wrong with style or settings, and the signal's reason
 */
export async function* repaintSeries<Source extends PictureSource>(
  contents: Iterable<Source> | AsyncIterable<Source>,
  options: SeriesOptions,
): AsyncGenerator<PaintedInSeries<Source>> {
  for await (const { index, content, painting, error } of prepareSeries(contents, options)) {
    if (error) {
      yield { index, content, error };
      continue;
    }
    let last: Step | undefined;
    let failure: Error | undefined;
    try {
      for await (last of painting.steps());
    } catch (thrown) {
      options.signal?.throwIfAborted();
      failure = asError(thrown);
    }
    yield failure ? { index, content, error: failure } : { index, content, picture: (last as Step).picture };
  }
}

/**
 * The same, step by step: gives each picture when it is ready to be painted, and whoever asks paints it by its `steps`
 * before asking for the next one.
 * @throws as `repaintSeries`
 */
export async function* prepareSeries<Source extends PictureSource>(
  contents: Iterable<Source> | AsyncIterable<Source>,
  options: SeriesOptions,
): AsyncGenerator<PreparedInSeries<Source>> {
  const { style, start, ...shared } = options;
  const { signal } = shared;
  const said = settingsIn(shared);
  const styles = await readStyles(style, said, signal);
  const starting = await readStart(start, said, signal);
  const workshop = await openWorkshop(shared);
  try {
    let index = 0;
    for await (const content of contents) {
      signal?.throwIfAborted();
      let painting: PreparedPainting | undefined;
      let error: Error | undefined;
      try {
        const picture = await readContent(content, said, signal);
        painting = workshop.prepare({ content: picture, styles, ...starting });
      } catch (thrown) {
        signal?.throwIfAborted();
        error = asError(thrown);
      }
      yield painting ? { index, content, painting } : { index, content, error: error as Error };
      index++;
    }
  } finally {
    await workshop.close();
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
