import type { Settings } from '../../../core/paint/index.ts';
import type { Explanation, Stage } from '../explanation.ts';
import { html, type Markup } from './html.ts';
import { counted, short } from './numbers.ts';
import { pictureElement } from './pictures.ts';
import { figure, type Section } from './section.ts';

/** What the network saw where that is not the pictures as they are. */
const colorNotes: Readonly<Record<Settings['color'], Markup>> = {
  style: html``,
  match: html`<p class="quiet">Before the work the style was moved to the colours of the content (<code>color</code> match). What is
said of the style below is said of it in those colours.</p>`,
  content: html`<p class="quiet">The network was shown the content in grey, and styles as bright as the content; its colours were laid
over the painting afterwards (<code>color</code> content). Feature maps and Gram matrices are those of the grey pictures.</p>`,
};

/** What went in, and what came out. */
export async function picturesSection(explanation: Explanation): Promise<Section> {
  const { names, content, styles, painting, settings } = explanation;
  const size = ({ width, height }: { width: number; height: number }) => `${width} × ${height} pixels`;
  const styleFigures: Markup[] = [];
  for (const [i, style] of styles.entries()) {
    const name = names.styles[i] ?? '';
    const label = styles.length > 1 ? `Style ${i + 1}` : 'Style';
    styleFigures.push(
      figure(
        await pictureElement(style, `The style picture ${name}`),
        html`<strong>${label}:</strong> ${name}, ${size(style)}`,
      ),
    );
  }
  const body = html`<p>The <em>content</em> says what is where. The <em>style</em> says how it is painted. The painting was
found, not computed in one go: its pixels were moved, step by step, until the network saw in it the forms of the one and
the hand of the other.</p>
<div class="row" data-part="pictures">
${figure(
  await pictureElement(content, `The content picture ${names.content}`),
  html`<strong>Content:</strong> ${names.content}, ${size(content)}`,
)}
${styleFigures}
${figure(
  await pictureElement(
    painting,
    `The painting: ${names.content} in the style of ${names.styles.join(' and ')}`,
  ),
  html`<strong>Painting:</strong> ${size(painting)}, ${counted(settings.scales.length, 'scale')}, ${counted(explanation.steps.length, 'step')}`,
)}
</div>
${colorNotes[settings.color]}`;
  return { id: 'pictures', title: 'Content, style and painting', body };
}

/** The painting as it grew, with a slider to go through it. */
export async function stagesSection({ stages, painting }: Explanation): Promise<Section> {
  const items: Markup[] = [];
  for (const [i, stage] of stages.entries()) {
    const picture = await pictureElement(stage.picture, `The painting: ${momentOf(stage)}`);
    const caption = html`<strong>${i + 1} of ${stages.length}:</strong> ${momentOf(stage)}; loss ${short(stage.loss.total)}`;
    items.push(html`<li>${figure(picture, caption)}</li>`);
  }
  const body = html`<p>The large forms are settled on a small picture, where a step is cheap. Each larger scale begins with the
result of the one before, and adds what is too fine to be seen there.</p>
<div class="keep" data-stages data-part="stages">
<ol class="stages" style="--proportions: ${painting.width / painting.height}">
${items}
</ol>
<div class="slider"><label>Stage
<input type="range" min="0" max="${stages.length - 1}" step="1" value="${stages.length - 1}"></label></div>
</div>`;
  return { id: 'stages', title: 'The painting as it grew', body };
}

function momentOf({ scale, step, start }: Stage): string {
  return start ? `the start, at ${scale} pixels` : `step ${step} at ${scale} pixels`;
}
