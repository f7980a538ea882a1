import { UserError } from '../errors.ts';
import type { Floats } from '../store.ts';

/** The state of an optimiser as plain data. */
export interface SavedOptimizer {
  readonly values: Readonly<Record<string, number | readonly number[]>>;
  readonly arrays: Readonly<Record<string, Floats>>;
}

/** @throws UserError when there is no such number */
export function savedNumber({ values }: SavedOptimizer, name: string): number {
  const value = values[name];
  if (typeof value !== 'number') throw missing(name);
  return value;
}

/** @throws UserError when there is no such list of numbers */
export function savedNumbers({ values }: SavedOptimizer, name: string): number[] {
  const value = values[name];
  if (!Array.isArray(value)) throw missing(name);
  return [...value];
}

/**
 * @param length that it must have
 * @throws UserError when there is no such array, or another length
 */
export function savedArray({ arrays }: SavedOptimizer, name: string, length: number): Floats {
  const array = arrays[name];
  if (array?.length !== length) throw missing(name);
  return array;
}

function missing(name: string): UserError {
  return new UserError(`The optimiser's saved state has no "${name}" that fits; it is of another painting.`);
}
