import type { Step } from '../../node/index.ts';
import type { Progress } from './progress.ts';

/** One JSON object a line on standard output; downloads and notes, which are not part of it, as `aside` has them. */
export function jsonProgress(out: NodeJS.WritableStream, aside: Progress): Progress {
  const write = (event: object) => void out.write(`${JSON.stringify(event)}\n`);
  return {
    download: aside.download,
    note: aside.note,
    stopping: aside.stopping,
    close: aside.close,
    begin: ({ settings, sizes, network, engine, from }) =>
      write({ event: 'start', settings, sizes, network, engine, ...(from && { from }) }),
    step: ({ scale, step, steps, loss, seconds }: Step) =>
      write({ event: 'step', scale, step, steps, loss, seconds }),
    end: ({ stopped, checkpoint, ...ending }) =>
      write({ event: 'done', ...ending, ...(stopped && { stopped }), ...(checkpoint && { checkpoint }) }),
  };
}
