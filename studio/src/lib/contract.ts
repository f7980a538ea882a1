/** What the server says and is told: see docs/studio.md. */

export type State = 'queued' | 'painting' | 'paused' | 'done' | 'failed';

/** Null stands for what is no number, of a picture that went astray. */
export interface Loss {
  readonly content: number | null;
  readonly style: number | null;
  readonly tv: number | null;
  readonly total: number | null;
}

export interface Progress {
  /** Longest side of the level of the pyramid, in pixels. */
  readonly scale: number;
  /** From 1, at that scale. */
  readonly step: number;
  readonly steps: number;
  /** Steps in all scales so far. */
  readonly done: number;
  readonly total: number;
  readonly loss: Loss;
  readonly seconds: number;
  /** From the second step on. */
  readonly secondsLeft?: number;
  /** What of an explanation is made, once all steps are done. */
  readonly part?: string;
}

/** The settings of a painting by name; which there are, the server says. */
export type Settings = Readonly<Record<string, unknown>>;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a texture is to be, in pixels, and whether it can be laid beside itself without a seam. */
export interface Texture extends Size {
  readonly tileable: boolean;
}

export interface Painting {
  readonly id: string;
  readonly state: State;
  /** A texture has none. */
  readonly content?: string;
  readonly texture?: Texture;
  /** What is looked into, where it is an explanation: a small painting with a report. */
  readonly explain?: Settings;
  readonly styles: readonly string[];
  /** The names of the masks' files; a colour for a style that is all of it for one region. */
  readonly regions?: { readonly content: string; readonly style?: readonly string[] };
  /** Steps between two of the pictures of how it grew, where they are kept. */
  readonly history?: number;
  readonly from?: string;
  /** The name of the file from which it started. */
  readonly start?: string;
  readonly settings: Settings;
  readonly resolved?: Settings;
  /** At each scale, from coarse to fine. */
  readonly sizes: readonly Size[];
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  /** What was asked for, and happens after the present step. */
  readonly wanted?: 'pause' | 'stop';
  readonly queuePosition?: number;
  readonly progress?: Progress;
  readonly stopped?: Pick<Progress, 'scale' | 'step' | 'steps'>;
  readonly error?: string;
  readonly command: string;
}

/** A picture of how a painting grew: where it stood, and where it is to be had. */
export interface Moment {
  readonly scale: number;
  readonly step: number;
  readonly url: string;
}

export interface Example {
  readonly name: string;
  readonly url: string;
}

export interface Examples {
  readonly contents: readonly Example[];
  readonly styles: readonly Example[];
}

export interface NetworkEntry {
  readonly name: string;
  readonly title: string;
  /** Whether its weights are on the server. */
  readonly here: boolean;
  readonly taps: readonly { readonly name: string }[];
}

/** The part of JSON Schema in which the settings are described. */
export interface Schema {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  /** Whether a texture has a use for it. */
  readonly ofTexture?: boolean;
}

export interface Controls {
  readonly properties: Readonly<Record<string, Schema>>;
}

/** What an explanation looks into, and the defaults of settings where it has others. */
export interface ExplainControls {
  readonly choices: Controls;
  readonly defaults: Settings;
}

export const FORMATS = ['png', 'jpg', 'webp', 'avif', 'tiff'] as const;
export type Format = (typeof FORMATS)[number];

/** Whether nothing will change about a painting any more. */
export function isOver({ state }: Painting): boolean {
  return state === 'done' || state === 'failed';
}
