import { listed, UserError } from '../errors.ts';
import type { Architecture } from './architecture.ts';
import { resnet50 } from './resnet.ts';
import { vgg16, vgg19 } from './vgg.ts';

export * from './architecture.ts';
export { resnet50 } from './resnet.ts';
export { vgg, vgg16, vgg19 } from './vgg.ts';

/** The networks that Velatura knows, the default first. */
export const architectures: readonly Architecture[] = [resnet50, vgg19, vgg16];

/**
 * The architecture of that name.
 * @throws UserError naming the networks there are
 */
export function architectureNamed(name: string): Architecture {
  const found = architectures.find((architecture) => architecture.name === name);
  if (found) return found;
  throw new UserError(
    `There is no network "${name}"; the networks are ${listed(architectures.map((a) => a.name))}.`,
  );
}
