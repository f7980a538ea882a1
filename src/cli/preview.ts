import { inMemory, type Picture, reduced, type Step, writePicture } from '../node/index.ts';
import type { Watcher } from './last-step.ts';
import type { Progress } from './progress/progress.ts';

/** Milliseconds between two pictures. */
const INTERVAL = 1000;

/** The longest side that is shown of a painting that does not fit into memory, in pixels. */
const LONGEST = 2048;

/** For what is written beside the painting: that it fails is worth a note, and no reason to stop. */
export function leftOut(what: string, progress: Pick<Progress, 'note'>): (error: unknown) => void {
  return (error) =>
    progress.note(`The ${what} is left out. ${error instanceof Error ? error.message : error}`);
}

/** The painting as it stands; smaller where it lies on the disk. */
export function shown({ largePicture: painting }: Step): Picture {
  return painting.data instanceof Float32Array ? inMemory(painting) : reduced(painting, LONGEST);
}

/**
 * Rewrites a file as the painting grows: whole pictures only, about one a second, and the last of every scale.
 * @param onFailure told once if the file cannot be written; the painting goes on
 */
export function previewTo(path: string, onFailure: (error: unknown) => void): Watcher {
  let writing: Promise<void> | undefined;
  let began = Number.NEGATIVE_INFINITY;
  let failed = false;
  /** The latest step, if its picture has not been written. */
  let latest: Step | undefined;
  /** The last step of a scale, to be written as soon as nothing else is. */
  let due: Step | undefined;

  function write(step: Step): Promise<void> {
    if (due === step) due = undefined;
    if (latest === step) latest = undefined;
    began = performance.now();
    return writePicture(path, shown(step)).then(
      () => {},
      (error: unknown) => {
        if (!failed) onFailure(error);
        failed = true;
      },
    );
  }

  function next(): void {
    if (writing) return;
    const step = due ?? (performance.now() - began >= INTERVAL ? latest : undefined);
    if (!step) return;
    writing = write(step).then(() => {
      writing = undefined;
      if (due) next();
    });
  }

  function offer(step: Step): void {
    if (step.last) due = step;
    latest = step;
    next();
  }

  async function finish(): Promise<void> {
    while (writing) await writing;
    if (latest) await write(latest);
  }

  return { offer, finish };
}
