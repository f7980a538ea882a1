import { ApiError, api, justAsked, sentenceOf } from './api.ts';
import { isOver, type Painting, type Progress } from './contract.ts';
import { follow } from './events.ts';

export interface Point {
  readonly done: number;
  readonly scale: number;
  readonly loss: Progress['loss'];
}

/** Milliseconds for which steps are gathered before the chart is drawn anew. */
const GATHER = 50;

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
  #showing: ReturnType<typeof setTimeout> | undefined;
  #asking = false;
  #askAgain = false;
  #end: (() => void) | undefined;
  #wanted = true;

  constructor(id: string) {
    this.id = id;
  }

  /** Starts to follow it; returns what ends that. */
  start(): () => void {
    const known = justAsked(this.id);
    if (known) this.take(known);
    void this.refresh();
    return () => {
      this.#wanted = false;
      this.#end?.();
      clearTimeout(this.#showing);
    };
  }

  #follow(): void {
    this.#end?.();
    this.#end = follow(this.id, {
      // What an event tells may be long past, where the server tells all again: it is asked how things stand.
      changed: () => void this.refresh(),
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
      refused: async () => {
        await this.refresh();
        if (this.missing) this.#end?.();
      },
    });
  }

  /** Takes over what the server says about it. */
  take(painting: Painting): void {
    const before = this.painting;
    this.painting = painting;
    // One that is over is followed too, since the server tells its steps again; and one that goes on, once more.
    if (this.#wanted && (!before || (isOver(before) && !isOver(painting)))) this.#follow();
    if (painting.progress) this.#point(painting.progress);
    if (isOver(painting)) this.reconnecting = false;
  }

  /** Asks the server how it stands: once more when it was told to meanwhile, and never twice at a time. */
  async refresh(): Promise<void> {
    this.#askAgain = this.#asking;
    if (this.#asking) return;
    this.#asking = true;
    try {
      this.take(await api.painting(this.id));
      this.error = '';
      if (this.painting?.progress) this.preview ??= `at-${this.painting.progress.done}`;
    } catch (error) {
      this.missing = error instanceof ApiError && error.status === 404;
      this.error = sentenceOf(error);
    } finally {
      this.#asking = false;
    }
    if (this.#askAgain) await this.refresh();
  }

  #step(progress: Progress): void {
    const { painting } = this;
    const { done = 0, seconds = 0 } = painting?.progress ?? {};
    // Of an explanation more is told when all steps are done.
    const isNews = progress.done > done || (progress.done === done && progress.seconds > seconds);
    if (painting && !isOver(painting) && isNews) this.painting = { ...painting, progress };
    this.#point(progress);
  }

  #point({ done, scale, loss }: Progress): void {
    // After a lost connection the server may tell a step twice.
    if (this.#heard.has(done)) return;
    this.#heard.set(done, { done, scale, loss });
    // Thousands may come at once.
    this.#showing ??= setTimeout(() => {
      this.#showing = undefined;
      this.points = [...this.#heard.values()].sort((a, b) => a.done - b.done);
    }, GATHER);
  }
}
