import { MIN_SIZE, type Settings, type Step, type Work } from '../../core/paint/index.ts';
import type { PreparedPainting, Workshop } from '../workshop.ts';
import type { Reconstruction } from './explanation.ts';

export interface ReconstructionOptions {
  /** The longest side in pixels. */
  readonly size: number;
  /** Steps at each scale. */
  readonly steps: number;
}

/** A picture that is to be found from noise, by content or by style. */
export interface Sought {
  readonly by: 'content' | 'style';
  readonly taps: readonly string[];
  /** Of which everything is checked, the memory too. */
  readonly painting: PreparedPainting;
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

/**
 * Prepares to find a picture that the network sees as it sees the content at one tap.
 * @throws UserError when a picture is too narrow, or there is not the memory
 */
export function contentFromNoise(
  workshop: Workshop,
  { content, styles }: Pick<Work, 'content' | 'styles'>,
  tap: string,
  options: ReconstructionOptions,
): Sought {
  // What counts for nothing still has to be somewhere: where the graph leads in any case, and costs little.
  const taps = { contentTaps: { [tap]: 1 }, styleTaps: earliest(workshop) };
  const settings = { ...fromNoise(options), ...taps, contentWeight: 1, styleWeight: 0 };
  return { by: 'content', taps: [tap], painting: workshop.prepare({ content, styles }, settings) };
}

/**
 * Prepares to find a picture whose Gram matrices at the taps are those of the styles; in the proportions of the first.
 * @throws UserError when a picture is too narrow, or there is not the memory
 */
export function styleFromNoise(
  workshop: Workshop,
  { styles }: Pick<Work, 'styles'>,
  taps: readonly string[],
  options: ReconstructionOptions,
): Sought {
  const all = workshop.settings.styleTaps;
  const styleTaps = Object.fromEntries(taps.map((tap) => [tap, all[tap] as number]));
  const settings = {
    ...fromNoise(options),
    ...{ contentTaps: earliest(workshop), styleTaps },
    ...{ contentWeight: 0, styleWeight: 1, tvWeight: 0.1 * SMOOTHNESS },
  };
  const [content] = styles as [Work['content']];
  return { by: 'style', taps, painting: workshop.prepare({ content, styles }, settings) };
}

/** Finds it. @throws EngineError when the engine fails; the signal's reason */
export async function reconstruct({ by, taps, painting }: Sought): Promise<Reconstruction> {
  let last: Step | undefined;
  for await (last of painting.steps());
  const { picture, loss } = last as Step;
  return { taps, picture, loss: loss[by] };
}

function earliest({ network }: Workshop): Record<string, number> {
  const [first] = network.architecture.taps;
  return first ? { [first.name]: 1 } : {};
}

/** What all of them have in common: one measure for all taps and presets, so that what is left of the losses can be compared. */
function fromNoise({ size, steps }: ReconstructionOptions): Partial<Settings> {
  const scales = reconstructionScales(size);
  return {
    losses: 'relative',
    strength: 0.5,
    color: 'style',
    soft: true,
    init: 'noise',
    styleLoss: 'gram',
    tvWeight: SMOOTHNESS,
    size,
    scales,
    steps: scales.map(() => steps),
  };
}
