import type { Settings, Size } from '../../node/index.ts';
import type { Moment } from '../paintings/history.ts';
import type { Explain, Progress, Stopped, Texture } from '../paintings/painting.ts';

/*
 * What a worker and the process that paints for it say to each other.
 */

/** A picture as it was uploaded. */
export interface Upload {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What is painted where: masks, or the colour that all of a style is for. */
export interface Regions {
  readonly content: Upload;
  readonly styles: readonly (Upload | string)[];
}

/** What to paint. */
export interface Order {
  readonly kind: 'paint';
  readonly content: Upload | undefined;
  /** What is painted where there is no content. */
  readonly texture: Texture | undefined;
  /** What is looked into, where it is an explanation. */
  readonly explain: Explain | undefined;
  readonly styles: readonly Upload[];
  readonly regions: Regions | undefined;
  readonly start: Upload | undefined;
  /** Steps between two pictures of how it grew; none are kept without. */
  readonly history: number | undefined;
  readonly settings: Settings;
  /** Where it was begun before. */
  readonly checkpoint: Uint8Array | undefined;
  readonly threads: number | undefined;
  /** Bytes that it may take. */
  readonly memory: number | undefined;
  /** Seconds between two previews, and the fewest between two checkpoints. */
  readonly previewEvery: number;
  readonly checkpointEvery: number;
}

/** What a worker says. `pause` and `stop` count after the present step; `kept` answers a checkpoint. */
export type Request = Order | { readonly kind: 'pause' | 'stop' | 'kept' };

/** A painting as files with 8 bits and with 16, at its full size and with its record. */
export interface Pictures {
  readonly png: Uint8Array;
  readonly tiff: Uint8Array;
  /** The page of an explanation. */
  readonly report?: Uint8Array;
}

/** A step, and at which scale from 0 it was made. */
export type StepProgress = Progress & { readonly level: number };

export type Answer =
  /** What the pictures are read to be; their headers may foretell another pixel. */
  | { readonly kind: 'begun'; readonly sizes: readonly Size[] }
  | { readonly kind: 'step'; readonly step: StepProgress }
  | { readonly kind: 'preview'; readonly bytes: Uint8Array }
  | { readonly kind: 'moment'; readonly moment: Moment; readonly bytes: Uint8Array }
  | { readonly kind: 'checkpoint'; readonly bytes: Uint8Array }
  | { readonly kind: 'done'; readonly pictures: Pictures; readonly stopped: Stopped | undefined }
  /** An explanation lets go without anything. */
  | { readonly kind: 'paused'; readonly checkpoint?: Uint8Array; readonly pictures?: Pictures }
  | { readonly kind: 'failed'; readonly reason: string };
