import {
  animationSize,
  canvas,
  decodeCheckpoint,
  encodeCheckpoint,
  encodePicture,
  isInHistory,
  type Painting,
  preparePainting,
  prepareResume,
  resample,
  type Size,
  type Step,
  takeCheckpoint,
} from '../../node/index.ts';
import { picturesIn } from '../paintings/uploads.ts';
import type { Order } from '../queue/protocol.ts';
import { say, wanted, whenKept } from './channel.ts';
import { pacer, picturesOf, previewOf } from './pictures.ts';
import { isFinal, progressTeller } from './progress.ts';

/** Checkpoints may take this part of the time, where they take long. */
const CHECKPOINT_SHARE = 0.05;

/** Paints a painting, from its checkpoint where it has one, until it is done or something else is wanted. */
export async function paint(order: Order): Promise<void> {
  const painting = await prepare(order);
  const { settings, sizes, from } = painting;
  await say({ kind: 'begun', sizes });
  const progress = progressTeller(painting, from?.seconds);
  const size = sizes.at(-1) as Size;
  const previews = pacer(order.previewEvery);
  const checkpoints = checkpointer(painting, order);
  const show = async ({ picture }: Step) => say({ kind: 'preview', bytes: await previewOf(picture) });

  let last: Step | undefined;
  for await (const step of painting.steps()) {
    // Whoever hears of a step can see something.
    if (!last && previews(true)) await show(step);
    last = step;
    const told = progress(step);
    const { scale, step: number, steps, level } = told;
    if (isKept(step, order)) {
      await say({ kind: 'moment', moment: { level, scale, step: number }, bytes: await frameOf(step, size) });
    }
    await say({ kind: 'step', step: told });
    if (isFinal(step, settings)) break;
    const ending = wanted();
    if (ending === 'stop') {
      const stopped = { scale, step: number, steps };
      await show(step);
      await say({
        kind: 'done',
        pictures: await picturesOf(step.picture, size, order, settings, stopped),
        stopped,
      });
      return;
    }
    if (ending === 'pause') {
      const stopped = { scale, step: number, steps };
      // While it rests it is seen as it stands.
      await show(step);
      await say({
        kind: 'paused',
        checkpoint: await checkpointOf(painting, step, order),
        pictures: await picturesOf(step.picture, size, order, settings, stopped),
      });
      return;
    }
    await checkpoints(step);
    if (previews(step.last)) await show(step);
  }
  if (!last) throw new Error('The painting has no steps.');
  await show(last);
  await say({
    kind: 'done',
    pictures: await picturesOf(last.picture, size, order, settings, undefined),
    stopped: undefined,
  });
}

async function prepare(order: Order): Promise<Painting> {
  const { content, texture, start, settings, checkpoint, threads, memory } = order;
  const shared = threads === undefined ? {} : { threads };
  // It goes on as it was planned, to come out the same.
  if (checkpoint) return await prepareResume(await decodeCheckpoint(checkpoint), shared);
  return await preparePainting(content?.bytes ?? canvas(texture as Size), {
    ...settings,
    ...picturesIn(order),
    ...(start && { start: start.bytes }),
    ...(memory !== undefined && { memory }),
    ...shared,
  });
}

async function checkpointOf(painting: Painting, step: Step, { threads }: Order): Promise<Uint8Array> {
  const chosen = { choice: 'cpu' as const, ...(threads !== undefined && { threads }) };
  return encodeCheckpoint(await takeCheckpoint(painting, step, chosen, null));
}

/** Hands checkpoints over from time to time; one that takes long, less often. */
function checkpointer(painting: Painting, order: Order): (step: Step) => Promise<void> {
  let underWay = false;
  let due = performance.now() + 1000 * order.checkpointEvery;
  return async (step) => {
    if (underWay || performance.now() < due) return;
    const began = performance.now();
    underWay = true;
    whenKept(() => {
      const took = performance.now() - began;
      underWay = false;
      due = performance.now() + Math.max(1000 * order.checkpointEvery, took / CHECKPOINT_SHARE);
      if (order.checkpointEvery === 0) due = 0;
    });
    await say({ kind: 'checkpoint', bytes: await checkpointOf(painting, step, order) });
  };
}

/** Whether the history has the picture as it stands: also where it is kept as it is. */
function isKept(step: Step, { history }: Order): boolean {
  return history !== undefined && (isInHistory(step, history) || wanted() === 'stop');
}

/** The picture as it stands, at the size of the animation that it will be part of. */
async function frameOf({ picture }: Step, final: Size): Promise<Uint8Array> {
  const { width, height } = animationSize(final);
  return await encodePicture(resample(picture, width, height), 'webp', { quality: 90 });
}
