import type { Feeds } from '../../core/engine.ts';
import type { Provider } from './provider.ts';

/** What the engine's thread is asked, and what it answers. Requests carry a number that the answer repeats. */
export type Request =
  | {
      readonly kind: 'compile';
      readonly id: number;
      readonly program: number;
      readonly model: Uint8Array;
      readonly frugal: boolean;
      /** The program whose inputs it shares. */
      readonly sharing: number | undefined;
    }
  | {
      readonly kind: 'run';
      readonly id: number;
      readonly program: number;
      readonly feeds: Feeds;
      readonly fetches: readonly string[];
    }
  | {
      readonly kind: 'write';
      readonly id: number;
      readonly program: number;
      readonly input: string;
      readonly at: number;
      readonly values: Float32Array;
    }
  | {
      readonly kind: 'read';
      readonly id: number;
      readonly program: number;
      readonly input: string;
      readonly at: number;
      readonly length: number;
    }
  | { readonly kind: 'release'; readonly id: number; readonly program: number };

export type Answer =
  | { readonly id: number; readonly outputs: Record<string, Float32Array> }
  | { readonly id: number; readonly error: string };

export interface WorkerOptions {
  readonly provider: Provider;
  readonly threads: number;
  /** Shared memory: the two places below, each 0 or 1. */
  readonly state: Int32Array;
}

/** Where it says whether the thread is in ONNX Runtime. */
export const BUSY = 0;
/** Where it says whether the process is about to end, and nothing more is to be begun. */
export const LEAVING = 1;
