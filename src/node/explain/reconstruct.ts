import { MIN_SIZE, paintPicture, type Settings, type Step, type Work } from '../../core/paint/index.ts';
import type { Reconstruction } from './explanation.ts';
import type { Eye } from './see.ts';

export interface ReconstructionOptions {
  /** The longest side in pixels. */
  readonly size: number;
  /** Steps at each scale. */
  readonly steps: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * How much smoothness counts against a relative loss of 1. Late maps say little of single pixels, which then stay noise:
 * this much calms them and leaves what the maps do say.
 */
const SMOOTHNESS = 0.5;

/** The scales of a reconstruction: from noise, large forms are found in far fewer steps at half the size. */
export function reconstructionScales(size: number): number[] {
  const half = Math.round(size / 2);
  return half >= MIN_SIZE ? [half, size] : [size];
}

/** Finds a picture, from noise, that the network sees as it sees the content at one tap. */
export async function reconstructContent(
  eye: Eye,
  { content, styles }: Pick<Work, 'content' | 'styles'>,
  tap: string,
  options: ReconstructionOptions,
): Promise<Reconstruction> {
  const contentTaps = { [tap]: 1 };
  // What counts for nothing still has to be somewhere: where the graph leads in any case, and costs little.
  const settings = { contentWeight: 1, styleWeight: 0, contentTaps, styleTaps: earliest(eye) };
  const { picture, loss } = await fromNoise(eye, { content, styles }, settings, options);
  return { taps: [tap], picture, loss: loss.content };
}

/** Finds a picture, from noise, whose Gram matrices at the taps are those of the styles; in the proportions of the first. */
export async function reconstructStyle(
  eye: Eye,
  { styles }: Pick<Work, 'styles'>,
  taps: readonly string[],
  options: ReconstructionOptions,
): Promise<Reconstruction> {
  const all = eye.settings.styleTaps;
  const styleTaps = Object.fromEntries(taps.map((tap) => [tap, all[tap] as number]));
  const settings = { contentWeight: 0, styleWeight: 1, contentTaps: earliest(eye), styleTaps };
  const [content] = styles as [Work['content']];
  const { picture, loss } = await fromNoise(
    eye,
    { content, styles },
    { ...settings, tvWeight: 0.1 * SMOOTHNESS },
    options,
  );
  return { taps, picture, loss: loss.style };
}

function earliest({ network }: Eye): Record<string, number> {
  const [first] = network.architecture.taps;
  return first ? { [first.name]: 1 } : {};
}

async function fromNoise(
  { network, settings, engine }: Eye,
  pictures: Pick<Work, 'content' | 'styles'>,
  changes: Partial<Settings>,
  { size, steps, signal }: ReconstructionOptions,
): Promise<Step> {
  const scales = reconstructionScales(size);
  const work = {
    ...pictures,
    network,
    settings: {
      ...settings,
      // One measure for all taps and presets, so that what is left of the losses can be compared.
      losses: 'relative' as const,
      strength: 0.5,
      color: 'style' as const,
      soft: true,
      init: 'noise',
      styleLoss: 'gram' as const,
      tvWeight: SMOOTHNESS,
      size,
      scales,
      steps: scales.map(() => steps),
      ...changes,
    },
  };
  let last: Step | undefined;
  for await (last of paintPicture(work, engine, signal));
  return last as Step;
}
