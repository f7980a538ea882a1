import type { Losses, Settings } from '../../core/paint/index.ts';
import type { Picture } from '../../core/picture/picture.ts';

/** What a network saw while a painting was painted: figures and pictures, nothing of how they are shown. */
export interface Explanation {
  /** File names, or what the pictures are where they have none. */
  readonly names: { readonly content: string; readonly styles: readonly string[] };
  readonly settings: Settings;
  /** The network's title. */
  readonly network: string;
  /** The engine's name. */
  readonly engine: string;
  /** The content and the painting at the painting's size, and the styles at the size that the network saw them in. */
  readonly content: Picture;
  readonly styles: readonly Picture[];
  readonly painting: Picture;
  /** The feature maps that the settings compare, and those that the report looks into: from early to late. */
  readonly taps: readonly TapShape[];
  /** Every step of the painting. */
  readonly steps: readonly LossPoint[];
  readonly stages: readonly Stage[];
  readonly featureMaps: readonly TapMaps[];
  readonly grams: readonly TapGrams[];
  readonly contentReconstructions: readonly Reconstruction[];
  readonly styleReconstructions: readonly Reconstruction[];
  /** How long all of it took. */
  readonly seconds: number;
}

/** The shape of the content's feature map at a tap. */
export interface TapShape {
  readonly tap: string;
  readonly channels: number;
  readonly width: number;
  readonly height: number;
  /** Channels in which styles are compared there (see `project`). */
  readonly compared: number;
}

/** The weighted losses after one step. */
export interface LossPoint {
  readonly scale: number;
  readonly step: number;
  readonly loss: Losses;
}

/** The painting at one moment. */
export interface Stage extends LossPoint {
  /** Whether this is the picture that the painting starts from. */
  readonly start: boolean;
  readonly picture: Picture;
}

/** The strongest feature maps of the content at a tap. */
export interface TapMaps {
  readonly tap: string;
  /** The strongest first. */
  readonly maps: readonly FeatureMap[];
}

/** One channel of a feature map. */
export interface FeatureMap {
  readonly channel: number;
  readonly width: number;
  readonly height: number;
  /** `[height, width]`, none below zero. */
  readonly values: Float32Array;
  /** The mean of the squares, which is also this channel's place on the diagonal of the Gram matrix. */
  readonly energy: number;
}

/** The Gram matrices of a style tap, of all channels, and parts of them to show. */
export interface TapGrams {
  readonly tap: string;
  /** Channels of the whole matrices. */
  readonly channels: number;
  /** The channels that are shown: those in which the style is strongest, the strongest first. */
  readonly shown: readonly number[];
  /** `[n, n]` for `n` shown channels. */
  readonly style: Float32Array;
  readonly content: Float32Array;
  readonly painting: Float32Array;
  /** `||G - A||² / ||A||²` of the whole matrices, against the style. */
  readonly contentDistance: number;
  readonly paintingDistance: number;
}

/** A picture found from noise, by the content or the style alone. */
export interface Reconstruction {
  /** The taps that it was compared at. */
  readonly taps: readonly string[];
  readonly picture: Picture;
  /** What is left of the relative loss that it was found by: 0 for a picture that the taps cannot tell from the target. */
  readonly loss: number;
}
