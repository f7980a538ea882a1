import { join } from 'node:path';
import { startPeer, velatura } from './peer.ts';
import { stepScene, writeScene } from './scene.ts';
import { median } from './side-by-side.ts';

/** A step of the default recipe at one size. */
export interface SizeResult {
  readonly width: number;
  readonly height: number;
  readonly median: number;
  /** Least disturbed by whatever else the machine does, which changes from one size to the next. */
  readonly fastest: number;
  readonly peakMemory: number;
}

/** Longest sides of pictures of 0.06 to 2 megapixels in proportions 4:3, each of about twice the pixels of the last. */
export const LONGEST = [288, 416, 576, 832, 1152, 1632];

/** Time and memory of a step of the default recipe as the picture grows, each size in a process of its own. */
export async function measurePixels(
  folder: string,
  longest: readonly number[],
  runs: number,
  report: (result: SizeResult) => void,
): Promise<SizeResult[]> {
  const results: SizeResult[] = [];
  for (const width of longest) {
    const height = (width * 3) / 4;
    const scene = await writeScene(join(folder, 'scene'), await stepScene('resnet50', width, height));
    const peer = await startPeer(velatura, scene);
    await peer.step();
    const times: number[] = [];
    let peakMemory = 0;
    for (let run = 0; run < runs; run++) {
      const timed = await peer.step();
      times.push(timed.ms);
      peakMemory = timed.peakMemory;
    }
    await peer.close();
    const result = { width, height, median: median(times), fastest: Math.min(...times), peakMemory };
    results.push(result);
    report(result);
  }
  return results;
}
