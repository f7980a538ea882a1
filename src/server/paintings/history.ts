/*
 * Pictures of how a painting grew. They are told apart by their scale and step, so that a painting that is gone on with after a
 * crash has each but once.
 */

/** More steps than a scale ever has. */
const MOST_STEPS = 1_000_000;

/** Where a picture of a painting stood when it was kept. */
export interface Moment {
  /** Which of the scales, from 0. */
  readonly level: number;
  /** Longest side at that scale, in pixels. */
  readonly scale: number;
  readonly step: number;
}

/** The place of a moment's picture among those of its painting. */
export function momentPlace({ level, step }: Moment): number {
  return level * MOST_STEPS + step;
}

export function momentName({ scale, step }: Moment): string {
  return `scale${scale}-step${step}`;
}

/** @param name as `momentName` made it */
export function momentNamed(name: string): Pick<Moment, 'scale' | 'step'> {
  const [scale = 0, step = 0] = (name.match(/\d+/g) ?? []).map(Number);
  return { scale, step };
}
