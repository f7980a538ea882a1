import { grey, matchColors, matchLuminance, recolor } from '../picture/color.ts';
import type { Picture } from '../picture/picture.ts';
import { resample } from '../picture/resample.ts';
import type { Settings } from './settings.ts';

/** What becomes of the colours: of the pictures before the work, and of the painting after it. */
export interface Coloring {
  readonly content: Picture;
  readonly styles: readonly Picture[];
  /** Nothing is done where there is none. */
  readonly finish?: (painting: Picture) => Picture;
}

/**
 * `style` lets the painting take the style's colours. `match` gives the style the content's colours first. `content`
 * paints in grey, with styles as bright as the content, and lays the content's colours over the painting.
 */
export function coloring(
  color: Settings['color'],
  { content, styles }: { content: Picture; styles: readonly Picture[] },
): Coloring {
  switch (color) {
    case 'style':
      return { content, styles };
    case 'match':
      return { content, styles: styles.map((style) => matchColors(style, content)) };
    case 'content':
      return {
        content: grey(content),
        styles: styles.map((style) => matchLuminance(style, content)),
        finish: (painting) => recolor(painting, resample(content, painting.width, painting.height)),
      };
  }
}
