import { type Progress as Download, listed, type Painting, type Step } from '../../node/index.ts';
import { resumeCommand } from '../text.ts';

/** What is about to be painted. */
export interface Beginning extends Pick<Painting, 'settings' | 'sizes' | 'network' | 'engine' | 'from'> {
  /** File names. */
  readonly content: string;
  readonly style: readonly string[];
}

/** How a painting ended. */
export interface Ending {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  /** Since the command began. */
  readonly seconds: number;
  /** The most memory that the process has taken, in bytes. */
  readonly peakMemory: number;
  /** Where it was stopped, if it was. */
  readonly stopped: Pick<Step, 'scale' | 'step' | 'steps'> | undefined;
  /** What it can be carried on from, if it was stopped. */
  readonly checkpoint?: string | undefined;
}

/** Tells the person, or a program, how the work goes. */
export interface Progress {
  /** A network's weights are on their way. */
  download(download: Download): void;
  begin(beginning: Beginning): void;
  step(step: Step): void;
  /** Ctrl-C: the present step is the last. */
  stopping(): void;
  /** Something to know that stops nothing, in a sentence. */
  note(sentence: string): void;
  end(ending: Ending): void;
  /** Nothing follows, whether or not the work ended well. */
  close(): void;
}

/** `town.jpg in the style of swirls.jpg: 512 x 384 pixels with resnet50` */
export function title({ content, style, settings, sizes }: Beginning): string {
  const { width = 0, height = 0 } = sizes.at(-1) ?? {};
  return `${content} in the style of ${listed(style)}: ${width} x ${height} pixels with ${settings.network}`;
}

/** Where a painting was stopped. */
export function stoppedAt(
  { scale, step, steps }: NonNullable<Ending['stopped']>,
  checkpoint: string | undefined,
): string {
  const carryOn = checkpoint === undefined ? '.' : `; "${resumeCommand(checkpoint)}" carries on.`;
  return `Stopped at step ${step} of ${steps} of scale ${scale}: this is the painting as it stands${carryOn}`;
}
