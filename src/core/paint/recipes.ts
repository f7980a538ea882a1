import { UserError } from '../errors.ts';
import type { Architecture } from '../networks/index.ts';
import type { Settings } from './settings.ts';

/** A preset for one network: its settings, and its pyramid as a function of the size. */
export interface Recipe {
  readonly scales: (size: number) => number[];
  readonly steps: (scales: number) => number[];
  readonly settings: Omit<Settings, 'network' | 'size' | 'scales' | 'steps'>;
}

/** The network that each preset is made for. */
export const presetNetworks: Readonly<Record<Settings['preset'], string>> = {
  default: 'resnet50',
  classic: 'vgg19',
};

const equally = (taps: readonly string[]) => Object.fromEntries(taps.map((tap) => [tap, 1]));
const firstOfEachBlock = ['block1_conv1', 'block2_conv1', 'block3_conv1', 'block4_conv1', 'block5_conv1'];

/** Which taps hold content and style in the default preset, by network; found by eye over many pictures. */
const defaultTaps: Readonly<Record<string, { content: string[]; style: string[]; projection: number }>> = {
  resnet50: { content: ['4c'], style: ['conv1', '2a', '2c', '3b', '3d', '4b', '4f'], projection: 0.25 },
  vgg19: { content: ['block4_conv2'], style: firstOfEachBlock, projection: 1 },
  vgg16: { content: ['block4_conv2'], style: firstOfEachBlock, projection: 1 },
};

/**
 * Sets of style taps by the size of what they see: `fine` takes grain and brushwork, `bold` whole swirls and shapes, with
 * the colours of an early tap; `balanced` is the default. Found by eye.
 */
export function styleSets(architecture: Architecture): Readonly<Record<string, Record<string, number>>> {
  const { name } = architecture;
  const balanced = equally(defaultTaps[name]?.style ?? []);
  if (name === 'resnet50') {
    return {
      fine: equally(['conv1', '2a', '2b', '2c', '3a']),
      balanced,
      bold: { conv1: 0.5, '2c': 0.5, '3d': 1, '4b': 1, '4d': 1, '4f': 1 },
    };
  }
  if (name === 'vgg19' || name === 'vgg16') {
    return {
      fine: equally(['block1_conv1', 'block2_conv1', 'block2_conv2']),
      balanced,
      bold: { block1_conv1: 0.5, block3_conv1: 1, block4_conv1: 1, block5_conv1: 1 },
    };
  }
  return {};
}

/** What is as it is until somebody turns it. */
const plain = {
  strength: 0.5,
  styleMix: [] as number[],
  styleScale: 1,
  color: 'style',
  styleLoss: 'gram',
  edges: 'mirror',
} satisfies Partial<Settings>;

/**
 * The settings of a preset for a network.
 * @throws UserError when the preset has nothing for this network
 */
export function recipeFor(preset: Settings['preset'], architecture: Architecture): Recipe {
  return preset === 'classic' ? classic(architecture) : standard(architecture);
}

/** Coarse to fine: the large forms are settled at small sizes, where steps are cheap, and each size adds its detail. */
function standard(architecture: Architecture): Recipe {
  const taps = defaultTaps[architecture.name] ?? { content: [], style: [], projection: 1 };
  return {
    scales: halvings,
    steps: (scales) => Array.from({ length: scales }, (_, i) => [60, 45, 40, 25, 15][i] ?? 8),
    settings: {
      preset: 'default',
      contentWeight: 0.08,
      styleWeight: 1,
      tvWeight: 0.05,
      ...plain,
      contentTaps: equally(taps.content),
      styleTaps: equally(taps.style),
      projection: taps.projection,
      pooling: architecture.pooling,
      losses: 'relative',
      margin: 24,
      soft: true,
      optimizer: 'lbfgs',
      init: 'content',
      seed: 0,
    },
  };
}

/**
 * As in the article, and close to the paper: a VGG, one scale, squared errors, the content from a late map. The content
 * weight of 250 on a mean is about the paper's 1e-3 on half a sum, at 512 pixels.
 */
function classic(architecture: Architecture): Recipe {
  if (!architecture.name.startsWith('vgg')) {
    throw new UserError(
      `The preset classic is for vgg19 and vgg16, not for ${architecture.name}; leave one of the two out.`,
    );
  }
  return {
    scales: (size) => [size],
    steps: () => [300],
    settings: {
      preset: 'classic',
      contentWeight: 250,
      styleWeight: 1,
      tvWeight: 0,
      ...plain,
      contentTaps: equally(['block5_conv2']),
      styleTaps: equally(firstOfEachBlock),
      projection: 1,
      pooling: 'max',
      losses: 'classic',
      margin: 0,
      soft: false,
      optimizer: 'lbfgs',
      init: 'content',
      seed: 0,
    },
  };
}

/** Sizes from about 128 up, each about twice the one before, to the size itself. */
function halvings(size: number): number[] {
  const levels = Math.max(1, Math.round(Math.log2(size / 128)) + 1);
  return Array.from({ length: levels }, (_, i) => Math.round(size / 2 ** (levels - 1 - i)));
}
