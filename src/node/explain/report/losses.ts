import { weightsOf } from '../../../core/paint/index.ts';
import type { Explanation, LossPoint } from '../explanation.ts';
import { html, type Markup } from './html.ts';
import { short } from './numbers.ts';
import { lossPlots, TERMS } from './plots.ts';
import type { Section } from './section.ts';

/** How the losses fell. */
export function lossesSection({ steps, settings }: Explanation): Section {
  const names = { content: 'content', style: 'style', tv: 'smoothness (total variation)', total: 'total' };
  const legend = TERMS.map((term) => html`<li><i style="background: var(--${term})"></i>${names[term]}</li>`);
  const plots = lossPlots(steps);
  const ends = settings.scales
    .map((scale) => steps.filter((one) => one.scale === scale).at(-1))
    .filter((one) => one !== undefined);
  const { contentWeight, styleWeight, tvWeight } = weightsOf(settings);
  const body = html`<p>The network measures how far the painting is from both pictures. ${settings.optimizer === 'lbfgs' ? 'L-BFGS' : 'Adam'} moves its pixels so that the
weighted sum falls. Every line is a term times its weight: content ${short(contentWeight)}, style ${short(styleWeight)},
smoothness ${short(tvWeight)}. Steps that found nothing better repeat the best loss so far.</p>
<ul class="legend">${legend}</ul>
<div class="plots" data-part="losses">
${plots.length > 0 ? plots : html`<p>There is nothing to draw: all losses were zero from the start.</p>`}
</div>
<div class="scroll" tabindex="0" role="region" aria-label="Losses"><table>
<caption>The losses at the end of each scale, times their weights</caption>
<thead><tr><th scope="col">scale</th><th scope="col">steps</th>${TERMS.map((term) => html`<th scope="col">${term}</th>`)}</tr></thead>
<tbody>
${ends.map(endRow)}
</tbody></table></div>`;
  return { id: 'losses', title: 'How the losses fell', body };
}

function endRow({ scale, step, loss }: LossPoint): Markup {
  const cells = TERMS.map((term) => html`<td data-loss="${term}">${short(loss[term])}</td>`);
  return html`<tr><th scope="row">${scale} pixels</th><td>${step}</td>${cells}</tr>`;
}
