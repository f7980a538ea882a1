import { architectureNamed, resolveSettings, type Step } from 'velatura';
import { describe, expect, it } from 'vitest';
import { barProgress } from '../src/cli/progress/bars.ts';
import { canRedraw } from '../src/cli/progress/screen.ts';
import { seriesBar } from '../src/cli/series/bar.ts';
import { duration, lossText, shellWord } from '../src/cli/text.ts';
import { estimateTime } from '../src/node/estimate.ts';

const scales = [
  { scale: 128, pixels: 128 * 96, steps: 10 },
  { scale: 256, pixels: 256 * 192, steps: 8 },
  { scale: 512, pixels: 512 * 384, steps: 5 },
];

describe('the time that is left', () => {
  /** Paints with steps of so many seconds, and returns at every step what was guessed and what was true. */
  function guesses(times: readonly number[], preparation: number) {
    const estimate = estimateTime(scales);
    const marks: { scale: number; step: number; at: number }[] = [];
    let clock = 0;
    scales.forEach(({ scale, steps }, i) => {
      clock += preparation;
      for (let step = 1; step <= steps; step++) {
        clock += times[i] as number;
        marks.push({ scale, step, at: clock });
      }
    });
    return marks.map(({ scale, step, at }) => {
      estimate.step(scale, step, at);
      return { scale, step, guess: estimate.remaining(at) ?? Number.NaN, truth: clock - at };
    });
  }

  it('is unknown before the second step', () => {
    const estimate = estimateTime(scales);
    expect(estimate.remaining(3)).toBeUndefined();
    estimate.step(128, 1, 3);
    expect(estimate.remaining(3)).toBeUndefined();
    estimate.step(128, 2, 4);
    expect(estimate.remaining(4)).toBeGreaterThan(8);
  });

  it('is guessed from first steps where every scale has but one', () => {
    const single = scales.map((scale) => ({ ...scale, steps: 1 }));
    const estimate = estimateTime(single);
    estimate.step(128, 1, 3);
    estimate.step(256, 1, 5);
    expect(estimate.remaining(5)).toBeGreaterThan(2);
    estimate.step(512, 1, 15);
    expect(estimate.remaining(15)).toBe(0);
  });

  it('is right from the second step on where time goes with the pixels', () => {
    for (const { guess, truth } of guesses([0.1, 0.4, 1.6], 0).slice(1)) {
      // It allows two steps for preparing each scale to come.
      expect(guess).toBeGreaterThan(truth - 0.01);
      expect(guess).toBeLessThan(truth + 2 * (0.4 + 1.6) + 0.01);
    }
  });

  it('is right in the last scale, and once two scales are known within a fifth', () => {
    // Every step has half a second that does not grow with the pixels.
    for (const { scale, step, guess, truth } of guesses([0.6, 0.9, 2.1], 4).slice(1)) {
      if (scale === 512 && step > 1) expect(guess).toBeCloseTo(truth, 6);
      if (scale === 256 && step > 1) expect(Math.abs(guess - truth)).toBeLessThan(0.2 * truth);
      if (scale === 512 && step === 5) expect(guess).toBe(0);
    }
  });

  it('runs down between two steps, but not past the next', () => {
    const estimate = estimateTime(scales);
    estimate.step(128, 1, 1);
    estimate.step(128, 2, 2);
    const at = estimate.remaining(2) as number;
    expect(estimate.remaining(2.5)).toBeCloseTo(at - 0.5, 6);
    expect(estimate.remaining(60)).toBeCloseTo(at - 1, 6);
  });

  it('counts no steps that a scale has left out', () => {
    const estimate = estimateTime(scales);
    estimate.step(128, 1, 1);
    estimate.step(128, 2, 2);
    // The first scale ends here, because nothing better can be found.
    estimate.step(256, 1, 6);
    estimate.step(256, 2, 10);
    expect(estimate.remaining(10)).toBeCloseTo(6 * 4 + 5 * 16 + 1.5 * 16, 6);
  });
});

describe('the time that is left of a painting that was carried on', () => {
  it('is guessed from the steps since', () => {
    const estimate = estimateTime(scales, 3600);
    estimate.step(256, 4, 3610);
    expect(estimate.remaining(3610)).toBeUndefined();
    estimate.step(256, 5, 3612);
    estimate.step(256, 6, 3614);
    // Two steps here; of the next scale five, and what it takes to prepare it.
    expect(estimate.remaining(3614)).toBeCloseTo(2 * 2 + 5 * 8 + 1.5 * 8, 6);
  });
});

describe('the bars', () => {
  const settings = resolveSettings({ size: 512, steps: [10, 8, 5] }, architectureNamed('resnet50'));
  const sizes = scales.map(({ scale }) => ({ width: scale, height: (scale * 3) / 4 }));
  const beginning = {
    settings,
    sizes,
    network: 'ResNet-50',
    engine: 'none',
    content: 'a.png',
    style: ['b.png'],
  };
  const loss = { content: 0.0123, style: 12.345, tv: 0.00001, total: 12.35731 };
  const painting = (scale: number, step: number, steps: number, seconds: number): Step => ({
    scale,
    step,
    steps,
    last: step === steps,
    loss,
    seconds,
    picture: { width: 1, height: 1, data: new Float32Array(3) },
    largePicture: { width: 1, height: 1, data: new Float32Array(3) },
    checkpoint: () => Promise.reject(new Error('nobody wants one')),
  });

  /** What moves the cursor, erases and colours. */
  const controls = new RegExp(`${String.fromCharCode(27)}\\[[\\d;?]*[A-Za-z]`, 'g');

  /** Everything that is written on a terminal of that size. */
  function terminal(columns: number, rows = 24) {
    let written = '';
    const write = (text: string) => {
      written += text;
      return true;
    };
    const stream = { columns, rows, isTTY: true, write, hasColors: () => false };
    return {
      stream: stream as unknown as NodeJS.WriteStream,
      lines: () =>
        written
          .replace(controls, '\n')
          .split('\n')
          .filter((line) => line.trim() !== ''),
    };
  }

  it.each([
    [
      120,
      '  128 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 10/10  content 0.0123  style 12.35   tv 1.0e-5    0:01',
    ],
    [80, '  128 ━━━━━━━━━━━━━━━━━━ 10/10  content 0.0123  style 12.35   tv 1.0e-5    0:01'],
    [60, '  128 ━━━━━━━━━━━━━━━━━━━━━━━━━ 10/10  total 12.36     0:01'],
    [40, '  128 ━━━━━━━━━━━━━━━━━━━ 10/10    0:01'],
  ])('fit into %i columns', (columns, finished) => {
    const { stream, lines } = terminal(columns);
    const progress = barProgress(stream);
    progress.begin(beginning);
    progress.step(painting(128, 9, 10, 0.9));
    progress.step(painting(128, 10, 10, 1));
    progress.step(painting(256, 4, 8, 4));
    progress.end({ file: 'c.png', width: 512, height: 384, seconds: 4, peakMemory: 1, stopped: undefined });
    progress.close();
    const found = lines();
    expect(found).toContain(finished);
    expect(found.at(-1)).toBe('Painted in 0:04.');
    // The title is text, which the terminal breaks by itself.
    expect(Math.max(...found.slice(1).map((line) => line.length))).toBeLessThanOrEqual(columns);
    const half = found.findLast((line) => line.includes(' 256 ')) as string;
    const whole = finished.split('━').length - 1;
    expect(half.split('━').length - 1).toBe(Math.round(whole / 2));
    expect(half).toContain(' 4/8');
  });

  it('leave whole what is higher than the terminal', () => {
    const { stream, lines } = terminal(20, 2);
    const note = 'A note of far more than two lines on so small a terminal as this one.';
    const progress = barProgress(stream);
    progress.begin(beginning);
    progress.step(painting(128, 3, 10, 1));
    progress.note(note);
    const stopped = { scale: 128, step: 3, steps: 10 };
    progress.end({ file: 'c.png', width: 512, height: 384, seconds: 4, peakMemory: 1, stopped });
    progress.close();
    expect(lines()).toContain('a.png in the style of b.png: 512 x 384 pixels with resnet50');
    expect(lines()).toContain(note);
    expect(lines().at(-1)).toMatch(/^Stopped at step 3 of 10 of scale 128: .*\.$/);
    const series = terminal(20, 2);
    const bar = seriesBar(series.stream);
    bar.open(2, 0);
    bar.begin(beginning, 'c.png');
    bar.failed({ content: 'a.png', reason: note, paintings: 1, expected: true });
    bar.finish({ painted: 1, there: 0, failures: [], left: 0 });
    bar.close();
    expect(series.lines()).toContain(`Not painted: a.png: ${note}`);
    expect(series.lines().at(-1)).toMatch(/^Painted 1 picture in \d+:\d\d\.$/);
  });

  it('are not for a terminal that does not say its size', () => {
    const named = (columns: number, rows: number) => canRedraw(terminal(columns, rows).stream);
    expect([named(80, 24), named(20, 2), named(0, 0), named(80, 0)]).toEqual([true, true, false, false]);
  });

  it('count the steps that were done where a scale ends before its time', () => {
    const { stream, lines } = terminal(80);
    const progress = barProgress(stream);
    progress.begin(beginning);
    progress.step(painting(128, 6, 10, 1));
    progress.step(painting(256, 1, 8, 2));
    progress.close();
    expect(lines().findLast((line) => line.includes(' 128 '))).toContain('━━━━━━━━━━━━━━━━━━   6/6');
  });
});

describe('texts', () => {
  it('write durations as clocks do', () => {
    expect([0, 41.4, 59.6, 725, 3753].map(duration)).toEqual(['0:00', '0:41', '1:00', '12:05', '1:02:33']);
  });

  it('write losses of any size shortly', () => {
    expect([0, 3e-9, 0.0123, 9.87654, 123.456, 45678.9, 1.2e7].map(lossText)).toEqual([
      '0.0000',
      '3.0e-9',
      '0.0123',
      '9.8765',
      '123.46',
      '45679',
      '1.2e+7',
    ]);
  });

  it('quote what a shell would take apart', () => {
    expect(['a.jpg', 'my town.jpg', "it's.jpg", 'conv1:0.5,2a', ''].map(shellWord)).toEqual([
      'a.jpg',
      "'my town.jpg'",
      "'it'\\''s.jpg'",
      'conv1:0.5,2a',
      "''",
    ]);
  });
});
