import { estimateTime, scalesOf } from '../node/estimate.ts';
import {
  animationSize,
  canvas,
  decodeCheckpoint,
  EngineError,
  encodeCheckpoint,
  encodePicture,
  fit,
  isInHistory,
  type Painting,
  type Picture,
  preparePainting,
  prepareResume,
  resample,
  type Size,
  type Step,
  takeCheckpoint,
  UserError,
} from '../node/index.ts';
import type { Stopped } from './paintings/painting.ts';
import { regionNames } from './paintings/regions.ts';
import { picturesIn } from './paintings/uploads.ts';
import type { Answer, Order, Pictures, Request } from './queue/protocol.ts';

/*
 * The program of the process that paints one painting for a worker. It knows nothing of the database: what it says is
 * written by the worker, if the painting is still the worker's.
 */

/** The longest side of a preview, in pixels. */
const PREVIEW_SIZE = 1024;
/** Checkpoints may take this part of the time, where they take long. */
const CHECKPOINT_SHARE = 0.05;

/** What the worker wants to happen after the present step. */
let wanted: 'pause' | 'stop' | undefined;
let kept: (() => void) | undefined;

process.on('message', (request: Request) => {
  if (request.kind === 'paint') void run(request);
  else if (request.kind === 'kept') kept?.();
  else wanted = request.kind;
});
// Without its worker nobody would take what is painted here, and another may have begun to.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

function say(answer: Answer): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(answer, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

async function run(order: Order): Promise<void> {
  try {
    await paint(order);
  } catch (error) {
    await say({ kind: 'failed', reason: reasonOf(error) });
  }
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [line = ''] = message.split('\n');
  const expected = error instanceof UserError || error instanceof EngineError;
  return expected ? line : `Something went wrong that should not: ${line}`;
}

async function paint(order: Order): Promise<void> {
  const painting = await prepare(order);
  const { settings, sizes, from } = painting;
  await say({ kind: 'begun', sizes });
  const estimate = estimateTime(scalesOf(painting), from?.seconds);
  const total = sum(settings.steps);
  const size = sizes.at(-1) as Size;
  const previews = pacer(order.previewEvery);
  const checkpoints = checkpointer(painting, order);
  const show = async ({ picture }: Step) => say({ kind: 'preview', bytes: await previewOf(picture) });

  let last: Step | undefined;
  for await (const step of painting.steps()) {
    // Whoever hears of a step can see something.
    if (!last && previews.isDue(true)) await show(step);
    last = step;
    const level = settings.scales.indexOf(step.scale);
    const { scale, step: number, steps, loss, seconds } = step;
    const before = sum(settings.steps.slice(0, level));
    estimate.step(scale, number, seconds);
    const left = estimate.remaining(seconds);
    if (isKept(step, order)) {
      await say({ kind: 'moment', moment: { level, scale, step: number }, bytes: await frameOf(step, size) });
    }
    const final = step.last && scale === settings.scales.at(-1);
    await say({
      kind: 'step',
      step: {
        ...{ scale, step: number, steps, level, loss, seconds, total },
        done: final ? total : before + number,
        ...(left !== undefined && { secondsLeft: left }),
      },
    });
    if (final) break;
    const ending = wanted;
    if (ending === 'stop') {
      const stopped = { scale, step: number, steps };
      await show(step);
      await say({ kind: 'done', pictures: await picturesOf(step, size, order, painting, stopped), stopped });
      return;
    }
    if (ending === 'pause') {
      const stopped = { scale, step: number, steps };
      // While it rests it is seen as it stands.
      await show(step);
      await say({
        kind: 'paused',
        checkpoint: await checkpointOf(painting, step, order),
        pictures: await picturesOf(step, size, order, painting, stopped),
      });
      return;
    }
    await checkpoints(step);
    if (previews.isDue(step.last)) await show(step);
  }
  if (!last) throw new Error('The painting has no steps.');
  await show(last);
  await say({
    kind: 'done',
    pictures: await picturesOf(last, size, order, painting, undefined),
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
    kept = () => {
      const took = performance.now() - began;
      underWay = false;
      due = performance.now() + Math.max(1000 * order.checkpointEvery, took / CHECKPOINT_SHARE);
      if (order.checkpointEvery === 0) due = 0;
    };
    await say({ kind: 'checkpoint', bytes: await checkpointOf(painting, step, order) });
  };
}

/** Says when it is time again. */
function pacer(seconds: number) {
  let due = 0;
  return {
    isDue(now: boolean): boolean {
      if (!now && performance.now() < due) return false;
      due = performance.now() + 1000 * seconds;
      return true;
    },
  };
}

async function previewOf(picture: Picture): Promise<Uint8Array> {
  const longest = Math.max(picture.width, picture.height);
  if (longest <= PREVIEW_SIZE) return await encodePicture(picture, 'webp', { quality: 85 });
  const { width, height } = fit(picture, PREVIEW_SIZE);
  return await encodePicture(resample(picture, width, height), 'webp', { quality: 85 });
}

/** Whether the history has the picture as it stands: also where it is kept as it is. */
function isKept(step: Step, { history }: Order): boolean {
  return history !== undefined && (isInHistory(step, history) || wanted === 'stop');
}

/** The picture as it stands, at the size of the animation that it will be part of. */
async function frameOf({ picture }: Step, final: Size): Promise<Uint8Array> {
  const { width, height } = animationSize(final);
  return await encodePicture(resample(picture, width, height), 'webp', { quality: 90 });
}

async function picturesOf(
  step: Step,
  { width, height }: Size,
  { content, texture, styles, regions }: Order,
  { settings }: Painting,
  stopped: Stopped | undefined,
): Promise<Pictures> {
  const picture = resample(step.picture, width, height);
  const record = {
    settings,
    content: content?.name,
    texture: texture && { width: texture.width, height: texture.height },
    style: styles.map(({ name }) => name),
    regions: regions && regionNames(regions),
    stopped,
  };
  return {
    png: await encodePicture(picture, 'png', record),
    tiff: await encodePicture(picture, 'tiff', record),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
