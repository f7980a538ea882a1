import { listed, UserError } from '../errors.ts';
import type { Architecture } from '../networks/architecture.ts';
import { architectures } from '../networks/index.ts';
import { convertWeights, hasConvolution } from './convert.ts';
import type { Weights } from './weights.ts';

/**
 * Finds out whose weights these are, and converts them. It is the network that knows most of the convolutions that are
 * there, and misses the fewest: so a VGG-19 that lacks a layer is a damaged VGG-19, not a VGG-16.
 *
 * @param found by canonical names or by those that `readKeras` and `readTensorflowjs` give
 * @param origin what to call the weights in messages, as in `The file vgg.h5`
 * @throws UserError that says what is missing or wrong
 */
export function identifyWeights(
  found: Weights,
  origin = 'The file',
  candidates: readonly Architecture[] = architectures,
): { architecture: Architecture; weights: Weights } {
  const ranked = candidates
    .map((architecture) => {
      const known = architecture.convolutions.filter(({ name }) => hasConvolution(name, found)).length;
      return { architecture, known, missing: architecture.convolutions.length - known };
    })
    .filter(({ known }) => known > 0)
    .sort((a, b) => b.known - a.known || a.missing - b.missing);
  const best = ranked[0];
  if (!best) {
    const names = [...found.keys()].slice(0, 3).map((name) => `"${name}"`);
    const inside =
      names.length > 0 ? `its arrays are called ${names.join(', ')}` : 'it has no arrays of weights';
    throw new UserError(`${origin} is none of ${listed(candidates.map(({ name }) => name))}: ${inside}.`);
  }
  // Networks may differ in the shapes alone.
  const equals = ranked.filter(({ known, missing }) => known === best.known && missing === best.missing);
  let first: unknown;
  for (const { architecture } of equals) {
    try {
      return { architecture, weights: convertWeights(architecture, found, origin) };
    } catch (error) {
      first ??= error;
    }
  }
  throw first;
}
