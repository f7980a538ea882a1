import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  animationSize,
  checkWritable,
  encodeAnimation,
  encodeFrame,
  type Frame,
  historyDelays,
  isInHistory,
  makeNamedFolder,
  type Picture,
  type Size,
  type Step,
  UserError,
  writeBytes,
  writePicture,
} from '../node/index.ts';
import type { Watcher } from './last-step.ts';
import { shown } from './preview.ts';

/**
 * Keeps every n-th state of a painting, and the last of every scale, as `0001-scale128-step10.png` and so on in a folder,
 * and at the end all of them as `history.webp`.
 * @param final the painting's size, which the animation has if it is not too large
 * @param onFailure told once if something cannot be written; the painting goes on
 */
export function historyIn(
  folder: string,
  every: number,
  final: Size,
  onFailure: (error: unknown) => void,
): Watcher {
  const size = animationSize(final);
  const frames: Frame[] = [];
  let writing: Promise<void> = Promise.resolve();
  let failed = false;
  let count = 0;

  const orFail = (work: () => Promise<void>) => async () => {
    if (failed) return;
    await work().catch((error: unknown) => {
      failed = true;
      onFailure(error);
    });
  };

  async function keep(name: string, picture: Picture): Promise<void> {
    await writePicture(join(folder, name), picture);
    frames.push(await encodeFrame(picture, size));
  }

  /** The latest step, if it has not been kept. */
  let latest: Step | undefined;

  function keepStep(step: Step): void {
    latest = undefined;
    count++;
    const name = `${String(count).padStart(4, '0')}-scale${step.scale}-step${step.step}.png`;
    const picture = shown(step);
    writing = writing.then(orFail(() => keep(name, picture)));
  }

  function offer(step: Step): void {
    latest = step;
    if (isInHistory(step, every)) keepStep(step);
  }

  async function finish(): Promise<void> {
    if (latest) keepStep(latest);
    writing = writing.then(
      orFail(async () => {
        if (frames.length > 0)
          await writeBytes(
            join(folder, 'history.webp'),
            await encodeAnimation(frames, historyDelays(frames.length)),
          );
      }),
    );
    await writing;
  }

  return { offer, finish };
}

/**
 * Makes the folder.
 * @throws UserError when it cannot be made, or holds something already: the pictures of two paintings would mix
 */
export async function checkHistory(folder: string): Promise<void> {
  await makeNamedFolder(folder, ' for the history');
  await checkWritable(join(folder, 'history.webp'), () => {});
  if ((await readdir(folder)).length > 0) {
    throw new UserError(`The folder ${folder} for the history is not empty; name another, or a new one.`);
  }
}
