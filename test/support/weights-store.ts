/* A store with the tiny network for one test. */
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { expect } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import type { CatalogueEntry, Source } from '../../src/node/store/index.ts';
import { hdf5, kerasArrays, temporaryFolder, tiny, tinyWeights } from './weights-tiny.ts';

/** A Keras file of the tiny network. */
export async function tinyHdf5(seed = 1): Promise<Uint8Array> {
  return await hdf5(kerasArrays(tinyWeights(seed), (layer, array) => `${layer}/${layer}/${array}:0`));
}

export function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

/** As in the real catalogue: a Keras file by URL, of known size and hash. */
export function kerasSource(url: string, file: Uint8Array): Source {
  return { kind: 'http', url, bytes: file.length, hash: { algorithm: 'md5', hex: md5(file) } };
}

export function catalogueOf(...sources: Source[]): CatalogueEntry[] {
  return [{ architecture: tiny, licence: 'CC0', sources }];
}

/** Options for a store of its own, whose mistakes are quickly noticed; no mirror but the one that the test gives. */
export async function storeOptions(...sources: Source[]) {
  return {
    folder: await temporaryFolder(),
    catalogue: catalogueOf(...sources),
    mirror: '',
    stallSeconds: 30,
    retrySeconds: 0.001,
  };
}

/** Everything in a folder and below, hidden files too. */
export async function contents(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).sort();
}

/** The message that the person gets. */
export async function userMessage(failing: Promise<unknown>): Promise<string> {
  const error = await failing.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(UserError);
  return (error as Error).message;
}
