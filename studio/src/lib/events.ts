import { addresses } from './api.ts';
import type { Progress } from './contract.ts';

export interface Watcher {
  /** Its state is another. */
  changed(): void;
  step(progress: Progress): void;
  /** @param version of the preview: another one, another picture */
  preview(version: string): void;
  /** The connection stands, for the first time or again: what was missed can be asked for. */
  connected(): void;
  /** The connection is lost; it is tried again. */
  lost(): void;
  /** The server, or a proxy before it, refuses: the painting may be gone, or a token be wanted. */
  refused(): void;
}

/** Milliseconds until a connection is tried again that the browser has given up. */
const PATIENCE = 2000;

/**
 * Follows a painting until it is over. A lost connection comes back by itself, with the id of the last event, so that the
 * server sends what was missed.
 * @returns what ends it
 */
export function follow(id: string, watcher: Watcher): () => void {
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function end(): void {
    clearTimeout(timer);
    source.close();
  }

  function open(): void {
    source = new EventSource(addresses.events(id));
    source.onopen = () => watcher.connected();
    source.onerror = () => {
      watcher.lost();
      // The browser tries again by itself, but not after an answer that is no stream: of a proxy, or a refusal.
      if (source.readyState !== EventSource.CLOSED) return;
      watcher.refused();
      timer = setTimeout(open, PATIENCE);
    };
    for (const name of ['state', 'done', 'failed']) {
      source.addEventListener(name, () => watcher.changed());
    }
    source.addEventListener('step', (event) => {
      watcher.step(JSON.parse((event as MessageEvent<string>).data) as Progress);
    });
    source.addEventListener('preview', (event) => watcher.preview((event as MessageEvent).lastEventId));
    source.addEventListener('end', end);
  }

  open();
  return end;
}
