/** Why work ended: the person, or the machine shutting down, asked for it. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** As shells count it: 128 and the number of SIGINT. */
export const INTERRUPTED_CODE = 130;

export interface Interrupt {
  /** Aborted, with an `Interrupted`, by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** Listens no longer. */
  release(): void;
}

/**
 * Lets the first Ctrl-C or SIGTERM ask to stop. From then on both end the process at once, as they do by themselves.
 * @param onInterrupt called at that moment
 */
export function listenForInterrupt(onInterrupt: () => void = () => {}): Interrupt {
  const controller = new AbortController();
  const release = () => {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
  const stop = () => {
    release();
    controller.abort(new Interrupted('stopped'));
    onInterrupt();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return { signal: controller.signal, release };
}
