import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { LossPoint } from '../explanation.ts';
import { html, type Markup, raw } from './html.ts';

/** The terms of the loss, in the order in which they are named everywhere. */
export const TERMS = ['content', 'style', 'tv', 'total'] as const;

/** With fewer steps than this a line is hard to see without its points. */
const FEW = 12;

/**
 * The loss against the steps as SVG, a drawing for each scale, all on the same logarithmic axis; nothing where all losses
 * are zero, for which such an axis has no place.
 */
export function lossPlots(steps: readonly LossPoint[]): Markup[] {
  const { document } = parseHTML('<html><body></body></html>');
  const points = steps.flatMap(({ scale, step, loss }) =>
    TERMS.map((term) => ({ scale, step, term, loss: loss[term] })).filter((point) => point.loss > 0),
  );
  if (points.length === 0) return [];
  const domain = [
    points.reduce((least, { loss }) => Math.min(least, loss), Infinity),
    points.reduce((most, { loss }) => Math.max(most, loss), 0),
  ];
  return [...new Set(steps.map(({ scale }) => scale))].map((scale) => {
    const here = points.filter((point) => point.scale === scale);
    const count = Math.max(...here.map(({ step }) => step), 1);
    const label = `The losses at ${scale} pixels against the steps, on a logarithmic axis`;
    const plot = Plot.plot({
      document: document as never,
      ariaLabel: label,
      width: 420,
      height: 300,
      marginLeft: 52,
      marginBottom: 38,
      grid: true,
      x: { label: 'step', domain: [1, Math.max(count, 2)], ticks: Math.min(count, 6), tickFormat: 'd' },
      y: { label: 'loss times its weight', type: 'log', domain, tickFormat: '~g', ticks: 5 },
      color: { domain: [...TERMS], range: TERMS.map((term) => `var(--${term})`) },
      marks: [
        Plot.line(here, {
          x: 'step',
          y: 'loss',
          z: 'term',
          stroke: 'term',
          strokeWidth: ({ term }: { term: string }) => (term === 'total' ? 2.5 : 1.8),
          ...(count < FEW && { marker: 'dot' as const }),
        }),
      ],
    } as Plot.PlotOptions);
    plot.setAttribute('role', 'img');
    plot.setAttribute('style', 'background: none; color: inherit; font: 12px system-ui, sans-serif');
    return html`<figure class="plot" data-scale="${scale}">${raw(plot.outerHTML)}
<figcaption><strong>${scale} pixels</strong></figcaption></figure>`;
  });
}
