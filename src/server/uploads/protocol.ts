import type { Settings } from '../../node/index.ts';
import type { Uploads } from '../paintings/uploads.ts';
import type { Upload } from '../queue/protocol.ts';

/*
 * What the server and the thread that looks at uploads say to each other.
 */

export interface Inspection {
  /** Those that were sent. */
  readonly sent: readonly Upload[];
  /** What is to be painted with them, and how. */
  readonly uploads: Uploads;
  readonly settings: Settings;
}

export interface Request {
  readonly id: number;
  readonly inspection: Inspection;
}

export interface Answer {
  readonly id: number;
  /** What is wrong, in a sentence for who sent it. */
  readonly refusal?: string;
  /** What should not have happened. */
  readonly error?: string;
}
