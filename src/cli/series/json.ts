import { jsonProgress } from '../progress/json.ts';
import { noProgress } from '../progress/lines.ts';
import type { SeriesProgress } from './progress.ts';

/**
 * One JSON object a line: `series` at first, for each painting what a single one has, with its `content` and its `file` in
 * `start`, or `failed`, and `end` at last. What is not part of it is told as `aside` has it.
 */
export function seriesJson(out: NodeJS.WritableStream, aside: SeriesProgress): SeriesProgress {
  const write = (event: object) => void out.write(`${JSON.stringify(event)}\n`);
  const single = jsonProgress(out, noProgress());
  return {
    download: aside.download,
    note: aside.note,
    stopping: aside.stopping,
    close: aside.close,
    open: (pictures, there) => write({ event: 'series', pictures, there }),
    begin: ({ content, style, settings, sizes, network, engine }, file) =>
      write({ event: 'start', content, style, file, settings, sizes, network, engine }),
    step: single.step,
    end: single.end,
    failed: ({ content, reason }) => write({ event: 'failed', content, reason }),
    finish: ({ painted, there, left, failures }) =>
      write({ event: 'end', painted, there, left, failed: failures.map(({ content }) => content) }),
  };
}
