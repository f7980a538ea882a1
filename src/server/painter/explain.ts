import {
  type Explanation,
  explain,
  renderReport,
  type Size,
  type Step,
  UserError,
} from '../../node/index.ts';
import type { Explain } from '../paintings/painting.ts';
import { picturesIn } from '../paintings/uploads.ts';
import type { Order, StepProgress } from '../queue/protocol.ts';
import { say, whenWanted } from './channel.ts';
import { pacer, picturesOf, previewOf } from './pictures.ts';
import { isFinal, progressTeller } from './progress.ts';

/** Paints small, and makes a report of what the network sees. It has no checkpoints: one that rests begins anew. */
export async function explainPainting(order: Order, choices: Explain): Promise<void> {
  const { content, styles, start, settings, threads, memory, previewEvery } = order;
  if (!content) throw new UserError('An explanation needs a content; send a photograph.');
  const stopping = new AbortController();
  whenWanted(() => stopping.abort());
  const previews = pacer(previewEvery);
  let sizes: readonly Size[] = [];
  let progress: ((step: Step) => StepProgress) | undefined;
  let latest: StepProgress | undefined;
  // One after another, while the painting goes on.
  let telling = Promise.resolve();
  const tell = (work: () => Promise<void>) => {
    telling = telling.then(work);
    // It is waited for at the end; until then nobody takes what goes wrong.
    telling.catch(() => {});
  };
  const began = performance.now();

  let explanation: Explanation;
  try {
    explanation = await explain(content.bytes, {
      ...settings,
      ...picturesIn({ styles, regions: undefined }),
      ...(start && { start: start.bytes }),
      ...(memory !== undefined && { memory }),
      ...(threads !== undefined && { threads }),
      ...choices,
      signal: stopping.signal,
      onBegin(painting) {
        sizes = painting.sizes;
        progress = progressTeller(painting);
        tell(() => say({ kind: 'begun', sizes }));
      },
      onStep(found) {
        const step = progress?.(found) as StepProgress;
        const isFirst = latest === undefined;
        latest = step;
        const show = previews(isFirst || isFinal(found, settings));
        tell(async () => {
          // Whoever hears of a step can see something.
          if (show) await say({ kind: 'preview', bytes: await previewOf(found.picture) });
          await say({ kind: 'step', step });
        });
      },
      onPart(part) {
        const { secondsLeft: _, ...step } = latest as StepProgress;
        const seconds = (performance.now() - began) / 1000;
        tell(() => say({ kind: 'step', step: { ...step, seconds, part } }));
      },
    });
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    await telling;
    await say({ kind: 'paused' });
    return;
  }
  await telling;
  const { painting } = explanation;
  const names = { content: content.name, styles: styles.map(({ name }) => name) };
  const report = await renderReport({ ...explanation, names });
  await say({
    kind: 'done',
    pictures: {
      ...(await picturesOf(painting, sizes.at(-1) as Size, order, explanation.settings, undefined)),
      report: new TextEncoder().encode(report),
    },
    stopped: undefined,
  });
}
