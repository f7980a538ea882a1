import { vgg } from '../../src/core/networks/vgg.ts';

/** A VGG network of two convolutions, 22 kB. */
export const tiny = vgg('tiny', 'Tiny', [1, 1], [16, 32]);
