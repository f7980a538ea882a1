import { ApiError, api, sentenceOf } from './api.ts';
import { isOver, type Painting, type Progress } from './contract.ts';
import { follow } from './events.ts';

export interface Point {
  readonly done: number;
  readonly scale: number;
  readonly loss: Progress['loss'];
}

/** One painting as the page sees it, which is kept as the server has it while somebody looks. */
export class Watched {
  readonly id: string;
  painting = $state.raw<Painting>();
  /** The losses of each step that was heard of. */
  points = $state.raw<readonly Point[]>([]);
  /** Changes with the picture; undefined while there is none. */
  preview = $state<string>();
  /** Whether the connection is lost and being tried again. */
  reconnecting = $state(false);
  error = $state('');
  /** Whether the server has no such painting. */
  missing = $state(false);

  #heard = new Map<number, Point>();
  #end: (() => void) | undefined;

  constructor(id: string) {
    this.id = id;
  }

  /** Starts to follow it; returns what ends that. */
  start(): () => void {
    let stopped = false;
    void this.refresh().then(() => {
      if (stopped || this.missing || !this.painting) return;
      // One that is over is followed too: the server tells its steps again.
      this.#end = follow(this.id, {
        state: (painting) => this.take(painting),
        step: (progress) => this.#step(progress),
        preview: (version) => {
          this.preview = version;
        },
        connected: () => {
          if (this.reconnecting) void this.refresh();
          this.reconnecting = false;
        },
        lost: () => {
          this.reconnecting = true;
        },
      });
    });
    return () => {
      stopped = true;
      this.#end?.();
    };
  }

  /** Takes over what the server says about it. */
  take(painting: Painting): void {
    this.painting = painting;
    if (painting.progress) this.#point(painting.progress);
    if (isOver(painting)) this.reconnecting = false;
  }

  async refresh(): Promise<void> {
    try {
      this.take(await api.painting(this.id));
      this.error = '';
      if (this.painting?.progress) this.preview ??= `at-${this.painting.progress.done}`;
    } catch (error) {
      this.missing = error instanceof ApiError && error.status === 404;
      this.error = sentenceOf(error);
    }
  }

  #step(progress: Progress): void {
    if (this.painting && !isOver(this.painting)) this.painting = { ...this.painting, progress };
    this.#point(progress);
  }

  #point({ done, scale, loss }: Progress): void {
    // After a lost connection the server may tell a step twice.
    if (this.#heard.has(done)) return;
    this.#heard.set(done, { done, scale, loss });
    const last = this.points.at(-1);
    const points = [...this.#heard.values()];
    this.points = last && last.done > done ? points.sort((a, b) => a.done - b.done) : points;
  }
}
