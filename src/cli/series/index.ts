import { canRedraw } from '../progress/screen.ts';
import { seriesBar } from './bar.ts';
import { seriesJson } from './json.ts';
import { seriesLines, seriesSilence } from './lines.ts';
import type { SeriesProgress } from './progress.ts';

/** What tells how a series goes: a person on standard error, and with `json` a program on standard output. */
export function seriesProgress({ quiet, json }: { quiet?: boolean; json?: boolean }): SeriesProgress {
  const shown = personal(quiet);
  return json ? seriesJson(process.stdout, shown) : shown;
}

function personal(quiet = false): SeriesProgress {
  if (quiet) return seriesSilence();
  const { stderr } = process;
  return canRedraw(stderr) ? seriesBar(stderr) : seriesLines(stderr);
}
