import { ApiError } from '../errors.ts';

/** A form on its way into memory. */
export interface Arrival {
  /**
   * Says that so many bytes more of it are there.
   * @throws ApiError where there is no room for them
   */
  take(bytes: number): void;
  /** Says that all of it is there. */
  complete(): void;
  /** Aborted, with an ApiError, where it has to make room for others. */
  readonly refused: AbortSignal;
}

interface Form {
  bytes: number;
  /** Of these, those that came since it was last seen to make its way. */
  fresh: number;
  moved: number;
  arriving: boolean;
  readonly controller: AbortController;
}

/** Milliseconds in which so many bytes have to come of a form whose room others need. */
const PATIENCE = 5000;
const STRIDE = 2 ** 20;

/** Seconds after which there should be room again. */
const RETRY_AFTER = 5;

/**
 * Holds forms in memory while they take at most so much together. What has come counts, and not what is claimed. Nobody waits: who
 * comes when there is no room is refused, unless others hold it who send next to nothing: then they are.
 */
export function arrivalsWithin(most: number): <T>(work: (arrival: Arrival) => Promise<T>) => Promise<T> {
  const forms = new Set<Form>();
  let taken = 0;

  function leave(form: Form): void {
    if (forms.delete(form)) taken -= form.bytes;
  }

  function refuse(form: Form): void {
    leave(form);
    form.controller.abort(
      new ApiError(
        503,
        'busy',
        `More is sent at the moment than there is memory for; send it again in ${RETRY_AFTER} seconds.`,
        { 'retry-after': String(RETRY_AFTER) },
      ),
    );
  }

  function take(form: Form, bytes: number): void {
    form.controller.signal.throwIfAborted();
    form.bytes += bytes;
    form.fresh += bytes;
    taken += bytes;
    if (form.fresh >= STRIDE) {
      form.fresh = 0;
      form.moved = performance.now();
    }
    for (const other of forms) {
      if (taken <= most) return;
      const idle = other.arriving && performance.now() - other.moved > PATIENCE;
      if (idle && other !== form) refuse(other);
    }
    if (taken > most) refuse(form);
    form.controller.signal.throwIfAborted();
  }

  return async (work) => {
    const controller = new AbortController();
    const form: Form = { bytes: 0, fresh: 0, moved: performance.now(), arriving: true, controller };
    forms.add(form);
    try {
      return await work({
        take: (bytes) => take(form, bytes),
        complete() {
          form.arriving = false;
        },
        refused: controller.signal,
      });
    } finally {
      leave(form);
    }
  };
}
