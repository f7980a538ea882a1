import { join } from 'node:path';
import { architectureNamed, convolutionsFor } from 'velatura';
import { type Candidate, type findPeers, tsx, velatura } from './peer.ts';
import { type Network, stepScene, writeScene } from './scene.ts';
import { type Measured, sideBySide } from './side-by-side.ts';

/** One scene, and how long its step takes each of those that computed it. */
export interface StepResult {
  readonly network: Network;
  readonly width: number;
  readonly height: number;
  readonly measured: readonly Measured[];
}

export interface StepsOptions {
  readonly runs: number;
  readonly slowRuns: number;
  /** Longest side for what is fast, and for what takes many seconds. */
  readonly size: number;
  readonly slowSize: number;
}

const SIDE = 2048;
const product: Candidate = { name: 'MatMul', command: tsx('matmul.ts') };

/** The step of both networks: at full size among the fast peers, and at a small one with the slow ones. */
export async function measureSteps(
  folder: string,
  peers: ReturnType<typeof findPeers>,
  { runs, slowRuns, size, slowSize }: StepsOptions,
  report: (result: StepResult) => void,
): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const [longest, candidates, slow] of [
    [size, peers.fast, false],
    [slowSize, peers.slow, true],
  ] as const) {
    if (slow && candidates.length === 0) continue;
    for (const network of ['vgg19', 'resnet50'] as const) {
      const width = longest;
      const height = network === 'vgg19' ? longest : (longest * 3) / 4;
      const scene = await writeScene(join(folder, 'scene'), await stepScene(network, width, height));
      const others = network === 'vgg19' && !slow ? [{ candidate: product, argument: String(SIDE) }] : [];
      const measured = await sideBySide(scene, [velatura, ...candidates], runs, slowRuns, others);
      const result = { network, width, height, measured };
      results.push(result);
      report(result);
    }
  }
  return results;
}

/** Multiplications and additions per second in a product of matrices. */
export function productRate({ measured }: StepResult): number | undefined {
  const found = measured.find(({ name }) => name === product.name);
  return found && (2 * SIDE ** 3) / (found.median / 1000);
}

/**
 * Floating-point operations of the convolutions of a VGG-19 step if each is computed directly: forward to the last tap,
 * and once more for the gradient with respect to its input.
 */
export function directFlops({ width, height }: StepResult): number {
  const architecture = architectureNamed('vgg19');
  const needed = new Set(convolutionsFor(architecture, ['block5_conv2']));
  const forward = architecture.convolutions
    .filter(({ name }) => needed.has(name))
    .map(({ name, in: input, out, kernel }) => {
      const stride = architecture.taps.find((tap) => tap.name === name)?.stride ?? 1;
      return 2 * kernel ** 2 * input * out * Math.floor(width / stride) * Math.floor(height / stride);
    });
  return 2 * forward.reduce((a, b) => a + b, 0);
}
