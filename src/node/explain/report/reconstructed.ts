import type { Explanation, Reconstruction } from '../explanation.ts';
import { html, type Markup } from './html.ts';
import { percent } from './numbers.ts';
import { pictureElement } from './pictures.ts';
import { figure, type Section } from './section.ts';

/** Pictures found from noise, as in figure 1 of Gatys, Ecker & Bethge (2015). */
export async function reconstructionsSection(explanation: Explanation): Promise<Section> {
  const { contentReconstructions, styleReconstructions } = explanation;
  const content = await figures(contentReconstructions, 'The content', ([tap = '']) => tap);
  const style = await figures(styleReconstructions, 'The style', (taps) => taps.join(', '));
  const body = html`<p>How much does a layer know? Take a picture of noise, and move its pixels until the network sees in it, at that
layer, what it sees in the original. What comes back is what the layer has kept.</p>
<h3>The content, layer by layer</h3>
<p>Early layers give the picture back nearly as it was. Later ones keep the things and their places, and let go of the
pixels; the last have hardly a picture left.</p>
<div class="found" data-part="content-reconstructions">
${content}
</div>
<h3>The style, from ever more layers</h3>
<p>With Gram matrices nothing is said about places: a texture comes back, not a picture. From early layers it is colour
and grain; each further layer adds larger forms.</p>
<div class="found" data-part="style-reconstructions">
${style}
</div>
<p class="quiet">Left over: what remained of the relative loss when the steps were used up, 0 % for a picture that these layers
cannot tell from the original. A little weight on smoothness calms pixels of which a layer says nothing.</p>`;
  return { id: 'reconstructions', title: 'What each layer has kept', body };
}

async function figures(
  found: readonly Reconstruction[],
  what: string,
  label: (taps: readonly string[]) => string,
): Promise<Markup[]> {
  const all: Markup[] = [];
  for (const { taps, picture, loss } of found) {
    const alt = `${what} as reconstructed from ${label(taps)}`;
    const caption = html`<strong>${label(taps)}</strong><br>${percent(loss)} left over`;
    all.push(figure(await pictureElement(picture, alt), caption));
  }
  return all;
}
