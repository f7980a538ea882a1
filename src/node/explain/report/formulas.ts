import { partsOf, weightsOf } from '../../../core/paint/index.ts';
import type { Explanation, LossPoint, TapShape } from '../explanation.ts';
import { html, type Markup } from './html.ts';
import { formula, frac, inline, row, squaredNorm, sub, sum, sup } from './mathml.ts';
import { counted, short } from './numbers.ts';
import type { Section } from './section.ts';

/** What was minimised, with this run's numbers. */
export function formulasSection(explanation: Explanation): Section {
  const { settings, steps, taps } = explanation;
  const { loss } = steps.at(-1) as LossPoint;
  const weights = weightsOf(settings);
  const plain = (term: 'content' | 'style' | 'tv') => {
    const weight = weights[`${term}Weight`];
    return weight === 0 ? undefined : loss[term] / weight;
  };
  const tv = plain('tv');
  const body = html`${contentPart(explanation, plain('content'))}
${stylePart(explanation, plain('style'))}
<h3>Smoothness</h3>
<p>The mean squared difference of neighbours, downwards and across: large for a noisy picture.</p>
${formula('T', '=', meanStep(row('i', '+', 1), 'j'), '+', meanStep('i', row('j', '+', 1)))}
${tv === undefined ? '' : formula('=', tv)}
<h3>Total</h3>
<p>This is what falls. The weights are how much each counts${settings.strength === 0.5 ? '' : ` (with the strength ${settings.strength} in them)`}.</p>
${formula('L', '=', sub('w', 'c'), sub('L', 'c'), '+', sub('w', 's'), sub('L', 's'), '+', sub('w', 'tv'), 'T')}
${formula(
  '=',
  ...product(weights.contentWeight, plain('content')),
  '+',
  ...product(weights.styleWeight, plain('style')),
  '+',
  ...product(weights.tvWeight, tv),
)}
${formula('=', loss.total)}
<div class="scroll" tabindex="0" role="region" aria-label="Layers"><table data-part="shapes">
<caption>The layers that were looked at, at ${explanation.content.width} × ${explanation.content.height} pixels</caption>
<thead><tr><th scope="col">layer</th><th scope="col">maps C</th><th scope="col">positions M</th><th scope="col">content weight</th><th scope="col">style weight</th><th scope="col">Gram matrix</th><th scope="col">compared as</th></tr></thead>
<tbody>
${taps.map((tap) => shapeRow(tap, explanation))}
</tbody></table></div>`;
  return { id: 'formulas', title: 'The formulas, with the numbers of this painting', body };
}

function contentPart({ settings, taps }: Explanation, value: number | undefined): Markup {
  const { contentTaps, losses } = settings;
  const names = Object.keys(contentTaps);
  const difference = squaredNorm(sub('F', 't'), '−', sub('P', 't'));
  const form =
    losses === 'relative'
      ? frac(difference, squaredNorm(sub('P', 't')))
      : frac(difference, row(sub('C', 't'), sub('M', 't')));
  const shapes = taps
    .filter(({ tap }) => names.includes(tap))
    .map(({ tap, channels, width, height }) => `${tap}: ${short(channels)} × ${short(width * height)}`);
  return html`<h3>Content</h3>
<p>${inline('F')} are the feature maps of the painting at a layer ${inline('t')}, and ${inline('P')} those of the content, each as a matrix of channels by
positions (${shapes.join('; ')}). ${losses === 'relative' ? 'Divided by the size of the target, the loss is 0 for the content itself and about 1 for an unrelated picture.' : 'Squared differences, in the mean over all values.'}</p>
${formula(sub('L', 'c'), '=', ...meanOver(contentTaps), form, ...result(value))}`;
}

/** What is compared where it is not Gram matrices. */
const otherMeasures = {
  gram: html``,
  moments: html`<p>This painting was made with another measure, the mean and standard deviation of each channel: ${inline('D')} is
how far both are from the style's, relative to the style's own.</p>`,
  wasserstein: html`<p>This painting was made with another measure: ${inline('D')} is the 2-Wasserstein distance between the
Gaussians that have the maps' means and covariances, squared and relative to the style's own size.</p>`,
  histogram: html`<p>This painting was made with another measure: ${inline('D')} is the distance of the Gram matrices, relative to
the style's, plus that of histograms, the shares of the positions where the maps are above each of a few thresholds.</p>`,
};

function stylePart({ settings, names, styles }: Explanation, value: number | undefined): Markup {
  const { styleTaps, styleLoss, losses } = settings;
  const parts = partsOf(settings, styles.length);
  const difference = squaredNorm(sub('G', 't'), '−', sub('A', 't'));
  const form =
    styleLoss !== 'gram'
      ? sub('D', 't')
      : losses === 'relative'
        ? frac(difference, squaredNorm(sub('A', 't')))
        : frac(difference, row(4, sup(sub('C', 't'), 2)));
  const mix =
    styles.length === 1
      ? html``
      : html`<p>With several styles, ${inline('A')} is the mixture of their matrices: ${parts.map((part, i) => `${short(part)} of ${names.styles[i]}`).join(', ')}.</p>`;
  return html`<h3>Gram matrix</h3>
<p>The product of the ${inline('C')} maps with each other, in the mean over all ${inline('M')} positions.</p>
${formula(sub('G', 't'), '=', frac(1, sub('M', 't')), sub('F', 't'), sup(sub('F', 't'), '⊤'))}
<h3>Style</h3>
<p>${inline('G')} are the Gram matrices of the painting and ${inline('A')} those of the style, at ${counted(Object.keys(styleTaps).length, 'layer')}: ${Object.keys(styleTaps).join(', ')}.</p>
${otherMeasures[styleLoss]}
${formula(sub('L', 's'), '=', ...meanOver(styleTaps), form, ...result(value))}
${mix}`;
}

/** The weighted mean over taps, or over one tap nothing. */
function meanOver(taps: Readonly<Record<string, number>>): Markup[] {
  const weights = Object.values(taps);
  if (weights.length === 1) return [];
  const equal = weights.every((weight) => weight === weights[0]);
  return equal
    ? [frac(1, weights.length), sum('t')]
    : [sum('t'), frac(sub('w', 't'), row(sum('u'), sub('w', 'u')))];
}

function result(value: number | undefined): (string | number)[] {
  return value === undefined ? [] : ['=', value];
}

/** The mean squared difference of the value at `i`, `j` to that at the given place. */
function meanStep(down: string | Markup, across: string | Markup): Markup {
  const [there, here] = [sub('x', row(down, ',', across)), sub('x', row('i', ',', 'j'))];
  return row(sub(row('mean'), row('i', ',', 'j')), sup(row('(', there, '−', here, ')'), 2));
}

/** A weight times a term; what counts for nothing was not measured. */
function product(weight: number, value: number | undefined): (string | number)[] {
  return value === undefined ? [0] : [weight, '×', value];
}

function shapeRow({ tap, channels, width, height, compared }: TapShape, { settings }: Explanation): Markup {
  const { contentTaps, styleTaps } = settings;
  const isStyle = styleTaps[tap] !== undefined;
  return html`<tr><th scope="row">${tap}</th><td>${channels}</td><td>${width} × ${height} = ${short(width * height)}</td>
<td>${contentTaps[tap] ?? '–'}</td><td>${styleTaps[tap] ?? '–'}</td>
<td>${isStyle ? `${channels} × ${channels}` : '–'}</td><td>${isStyle ? `${compared} × ${compared}` : '–'}</td></tr>`;
}
