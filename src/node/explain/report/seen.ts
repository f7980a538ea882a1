import type { Explanation, FeatureMap, TapGrams, TapShape } from '../explanation.ts';
import { html, type Markup } from './html.ts';
import { percent, short } from './numbers.ts';
import { mapElement, rampElement } from './pictures.ts';
import { figure, type Section } from './section.ts';

/** What the network makes of the content. */
export async function featureMapsSection({ featureMaps, taps, network }: Explanation): Promise<Section> {
  const sheets: Markup[] = [];
  for (const { tap, maps } of featureMaps) {
    const shape = taps.find((one) => one.tap === tap) as TapShape;
    const { channels, width, height } = shape;
    const figures: Markup[] = [];
    for (const map of maps) figures.push(await mapFigure(map, tap));
    sheets.push(html`<div class="keep"><h3>${tap}<small>${channels} maps of ${width} × ${height}; the ${maps.length} strongest</small></h3>
<div class="sheet" data-tap="${tap}">
${figures}
</div></div>`);
  }
  const body = html`<p>${network} sees a picture as layers of <em>feature maps</em>. Each map is the answer of one filter, place by
place: bright where it finds what it has learned to look for. Early maps are large and answer to edges and colours. Late
ones are small and answer to things, and hardly say any more where exactly they are.</p>
<div class="ramp"><span>none</span>${await rampElement('sqrt', 'From dark for no answer to light for the strongest')}<span>strongest of its map</span></div>
<div data-part="features">
${sheets}
</div>
<p class="quiet">Strongest: with the largest mean of squares over the content. The numbers are those of the channels, from 0.</p>`;
  return { id: 'features', title: 'What each layer sees', body };
}

async function mapFigure({ channel, width, height, values }: FeatureMap, tap: string): Promise<Markup> {
  const most = values.reduce((largest, value) => Math.max(largest, value), 0);
  const alt = `Feature map ${channel} of ${tap}`;
  return figure(await mapElement(values, { width, height }, { most, curve: 'sqrt', alt }), `${channel}`);
}

/** How the maps respond together: what is compared of the style. */
export async function gramsSection({ grams, settings }: Explanation): Promise<Section> {
  const rows: Markup[] = [];
  for (const one of grams) rows.push(await gramRow(one));
  const projected =
    settings.projection < 1
      ? html`<p class="quiet">While painting, the matrices are taken of maps projected onto a part of their channels
(<code>projection</code> ${settings.projection}), which is quicker and keeps distances. Shown and measured here are the whole
matrices, without the projection.</p>`
      : html``;
  const body = html`<p>A <em>Gram matrix</em> says which maps of a layer respond together, and how strongly, wherever that is in the
picture. Places are summed away; what is left is a fingerprint of texture and colour. The painting’s should look like the
style’s, not like the content’s.</p>
<div class="ramp"><span>0</span>${await rampElement('sqrt', 'From dark for zero to light for the largest value')}<span>largest of the three</span></div>
<div class="pairs" data-part="grams">
${rows}
</div>
<p class="quiet">Each square is one pair of channels. The channels are those in which the style is strongest, the strongest at
the top left, and the same in all three. Distances are ‖G − A‖² / ‖A‖² of the matrices of all channels.</p>
${projected}`;
  return { id: 'grams', title: 'Which maps respond together', body };
}

async function gramRow(grams: TapGrams): Promise<Markup> {
  const { tap, channels, shown, contentDistance, paintingDistance } = grams;
  const count = shown.length;
  const size = { width: count, height: count };
  const all = { style: grams.style, content: grams.content, painting: grams.painting };
  const most = Object.values(all)
    .flatMap((values) => [...values])
    .reduce((a, b) => Math.max(a, b), 0);
  const map = (who: keyof typeof all) =>
    mapElement(all[who], size, {
      most,
      curve: 'sqrt',
      alt: `The Gram matrix of the ${who} at ${tap}, its ${count} strongest channels`,
    });
  return html`<div class="keep"><h3>${tap}<small>${count} of ${channels} channels; lightest: ${short(most)}</small></h3>
<div class="threes" data-gram="${tap}">
${figure(await map('style'), html`<strong>Style</strong>`)}
${figure(await map('content'), html`<strong>Content</strong><br>${percent(contentDistance)} away`)}
${figure(await map('painting'), html`<strong>Painting</strong><br>${percent(paintingDistance)} away`)}
</div></div>`;
}
