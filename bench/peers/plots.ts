import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { PaintingResult } from '../paintings.ts';
import type { SizeResult } from '../pixels.ts';

/* `tsx bench/peers/plots.ts <results.json> <folder>`: draws what was measured, as SVG. */

const [file, folder] = process.argv.slice(2) as [string, string];
const { painting, pixels } = JSON.parse(readFileSync(file, 'utf8')) as {
  painting?: PaintingResult;
  pixels?: SizeResult[];
};
const { document } = parseHTML('<html><body></body></html>');
const look = { document: document as unknown as Document, width: 640, marginLeft: 56, grid: true };

if (painting) {
  const shown = painting.painters.slice(0, 2);
  const points = shown.flatMap(({ name, curve }) =>
    curve.map((point, i) => ({
      ...point,
      painter: name.split(',')[0] as string,
      line: `${name} ${point.scale}`,
      last: point.scale !== curve[i + 1]?.scale,
    })),
  );
  const ends = points.filter(({ last }) => last);
  save(
    'loss-against-seconds.svg',
    Plot.plot({
      ...look,
      height: 360,
      x: { label: 'seconds since the process was started', zero: true, insetRight: 48 },
      y: { label: 'lowest loss so far, at each scale', type: 'log', tickFormat: '.2~f', insetBottom: 24 },
      color: { domain: [...new Set(points.map(({ painter }) => painter))], range: ['#c2410c', '#475569'] },
      marks: [
        Plot.line(points, { x: 'seconds', y: 'loss', z: 'line', stroke: 'painter', strokeWidth: 1.8 }),
        Plot.dot(ends, { x: 'seconds', y: 'loss', fill: 'painter', r: 3 }),
        Plot.text(ends, {
          x: 'seconds',
          y: 'loss',
          // The painter is named once, where there is room.
          text: (end: { painter: string; scale: number }) =>
            end.scale === painting.size ? `${end.painter}, ${end.scale} px` : `${end.scale} px`,
          fill: 'painter',
          dy: 14,
          textAnchor: 'middle',
        }),
      ],
    }),
  );
}

if (pixels) {
  const rows = pixels.map(({ width, height, fastest, peakMemory }) => ({
    megapixels: (width * height) / 1e6,
    seconds: fastest / 1000,
    gigabytes: peakMemory / 1e9,
  }));
  for (const [y, label, color] of [
    ['seconds', 'seconds of a step, the fastest of each size', '#c2410c'],
    ['gigabytes', 'peak memory of a step, GB', '#0f766e'],
  ] as const) {
    save(
      `${y}-against-pixels.svg`,
      Plot.plot({
        ...look,
        width: 400,
        height: 300,
        x: { label: 'megapixels', domain: [0, Math.max(...rows.map((row) => row.megapixels)) * 1.05] },
        y: { label, zero: true },
        marks: [
          Plot.ruleY([0]),
          Plot.linearRegressionY(rows, { x: 'megapixels', y, stroke: color, ci: 0, strokeDasharray: '4 3' }),
          Plot.dot(rows, { x: 'megapixels', y, fill: color, r: 4 }),
        ],
      }),
    );
  }
}

/** On a white ground, as SVG files are shown on dark pages too. */
function save(name: string, plot: Element): void {
  plot.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  const ground = plot.ownerDocument.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const [key, value] of Object.entries({ width: '100%', height: '100%', fill: 'white' })) {
    ground.setAttribute(key, value);
  }
  plot.prepend(ground);
  const path = join(folder, name);
  writeFileSync(path, `${plot.outerHTML}\n`);
  process.stdout.write(`${path}\n`);
}
