import { controls } from './controls.svelte.ts';

interface Words {
  readonly title: string;
  readonly help?: string;
  /** What the choices are called. */
  readonly choices?: Readonly<Record<string, string>>;
}

/** The controls in the words of somebody who paints; the command's own words are the server's. */
const words: Readonly<Record<string, Words>> = {
  strength: { title: 'Strength' },
  styleScale: { title: 'Stroke size' },
  color: {
    title: 'Colours',
    choices: { style: 'the painting’s', match: 'matched', content: 'the photograph’s' },
  },
  size: { title: 'Size', help: 'Any other number of pixels for the longest side.' },
  styleMix: { title: 'Parts of the paintings' },
  preset: {
    title: 'Recipe',
    choices: { default: 'usual', classic: 'classic, close to the paper of 2015' },
  },
  contentWeight: {
    title: 'Likeness',
    help: 'How much the photograph counts: 0.02 is bold, 0.2 keeps a likeness.',
  },
  styleWeight: { title: 'Style', help: 'How much the paintings count.' },
  tvWeight: { title: 'Smoothness', help: 'How much it counts that neighbouring pixels are alike.' },
  edges: {
    title: 'Beyond the edges',
    choices: { mirror: 'its mirror image', wrap: 'its other side, so that it can be laid beside itself' },
  },
  soft: { title: 'Keep grain out', help: 'Blurs changes of colour by a pixel.' },
  margin: { title: 'Margin', help: 'Pixels by which pictures are continued beyond their edges.' },
  init: {
    title: 'Start from',
    choices: { content: 'the photograph', style: 'the painting', noise: 'noise' },
  },
  seed: { title: 'Noise', help: 'Another number, another noise to start from.' },
  scales: {
    title: 'Sizes on the way',
    help: 'Longest sides to paint at, from coarse to fine; the last one is the size.',
  },
  steps: { title: 'Steps', help: 'At each of these sizes, or one number for all.' },
  optimizer: { title: 'Method', choices: { lbfgs: 'L-BFGS', adam: 'Adam' } },
  network: { title: 'Network', help: 'With whose eyes the pictures are seen.' },
  styleTaps: {
    title: 'Where styles are compared',
    help: 'fine, balanced or bold; or places in the network, with weights as in conv1:1,2c:0.5.',
  },
  contentTaps: {
    title: 'Where contents are compared',
    help: 'Places in the network; early ones keep more of the photograph.',
  },
  styleLoss: {
    title: 'What a style is',
    choices: {
      gram: 'what appears together (gram)',
      moments: 'means and deviations (moments), quickest',
      wasserstein: 'the whole distribution (wasserstein)',
      histogram: 'what appears together, and how often (histogram)',
    },
  },
  projection: {
    title: 'Share of the channels',
    help: 'Compares styles in so many of them; 1 is slower and exact.',
  },
  taps: {
    title: 'Layers',
    help: 'Whose feature maps are shown, and from which the photograph is found again: as in conv1,3d.',
  },
  maps: { title: 'Feature maps of each layer' },
  channels: { title: 'Channels of each Gram matrix' },
  reconstructionSize: {
    title: 'Size of what is found from noise',
    help: 'Its longest side in pixels.',
  },
  reconstructionSteps: { title: 'Steps from noise', help: 'At each of two sizes.' },
  pooling: { title: 'Pooling', choices: { max: 'largest', avg: 'average' } },
  losses: {
    title: 'Losses',
    choices: { relative: 'relative to their targets', classic: 'as in the papers' },
  },
};

export function titleFor(name: string): string {
  return words[name]?.title ?? controls.properties[name]?.title ?? name;
}

export function helpFor(name: string): string {
  return words[name] ? (words[name].help ?? '') : (controls.properties[name]?.description ?? '');
}

export function choiceFor(name: string, choice: string): string {
  return words[name]?.choices?.[choice] ?? choice;
}
