import type { PaintingResult } from './paintings.ts';
import type { Measured } from './side-by-side.ts';
import { directFlops, productRate, type StepResult } from './steps.ts';

/** One line of the table that Velatura is held to. */
export interface Figure {
  readonly figure: string;
  readonly value: number;
  readonly must?: number;
  readonly aim?: number;
  /** Whether less is better. */
  readonly less?: boolean;
}

/** The figures that can be had from what was measured; ratios are of medians of the same run. */
export function figuresOf(steps: readonly StepResult[], painting: PaintingResult | undefined): Figure[] {
  return [...steps.flatMap(stepFigures), ...(painting ? paintingFigures(painting) : [])];
}

function stepFigures(result: StepResult): Figure[] {
  const { network, width, height, measured } = result;
  const [ours] = measured as [Measured];
  const step = `${network} step ${width}x${height}`;
  const figures: Figure[] = [];
  const pytorch = fastest(measured, 'PyTorch');
  if (pytorch) {
    const [must, aim] = network === 'vgg19' ? [1.5, 2.2] : [2, 3];
    figures.push({ figure: `${step}: PyTorch / ours`, value: pytorch.median / ours.median, must, aim });
  }
  const tensorflow = fastest(measured, 'TensorFlow.js');
  if (tensorflow) {
    const value = tensorflow.median / ours.median;
    figures.push({ figure: `${step}: TensorFlow.js / ours`, value, must: 40, aim: 80 });
  }
  const web = fastest(measured, 'onnxruntime-web');
  if (web) figures.push({ figure: `${step}: onnxruntime-web / ours`, value: web.median / ours.median });
  const rate = productRate(result);
  if (rate) {
    const value = directFlops(result) / (ours.median / 1000) / rate;
    figures.push({ figure: `${step}: FLOP/s by those of MatMul 2048`, value, must: 0.9, aim: 1.2 });
  }
  if (pytorch && network === 'vgg19') {
    const value = ours.peakMemory / pytorch.peakMemory;
    figures.push({ figure: `${step}: peak memory, ours / PyTorch`, value, must: 1, aim: 0.5, less: true });
  }
  return figures;
}

function paintingFigures({ size, painters, share }: PaintingResult): Figure[] {
  const [ours, pytorch] = painters;
  const outside = 1 - (share.compile + share.run - share.handing) / share.whole;
  const figures: Figure[] = [
    {
      figure: `painting ${size}: share of time outside the engine`,
      value: outside,
      must: 0.05,
      aim: 0.02,
      less: true,
    },
  ];
  if (!ours || !pytorch) return figures;
  return [
    {
      figure: `painting ${size}, to the same loss: PyTorch / ours`,
      value: pytorch.median / ours.median,
      must: 2,
      aim: 3,
    },
    { figure: `painting ${size}: loss, ours / PyTorch`, value: ours.loss / pytorch.loss },
    {
      figure: `painting ${size}, in as many steps: PyTorch / ours`,
      value: pytorch.planned.seconds / ours.planned.seconds,
    },
    {
      figure: `painting ${size}, in as many steps: loss, ours / PyTorch`,
      value: ours.planned.loss / pytorch.planned.loss,
    },
    ...figures,
  ];
}

/** Of those whose names begin so: PyTorch counts with whichever layout is faster. */
export function fastest(measured: readonly Measured[], name: string): Measured | undefined {
  return measured.filter((one) => one.name.startsWith(name)).sort((a, b) => a.median - b.median)[0];
}

/** What a figure is worth: the aim, what it must be, or less. */
export function verdict({ value, must, aim, less }: Figure): string {
  if (must === undefined || aim === undefined) return '';
  const reaches = (bound: number) => (less ? value <= bound : value >= bound);
  return reaches(aim) ? 'aim' : reaches(must) ? 'must' : 'short';
}
