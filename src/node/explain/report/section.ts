import { html, type Insertable, type Markup } from './html.ts';

/** A part of the report with its heading. */
export interface Section {
  /** The anchor. */
  readonly id: string;
  readonly title: string;
  readonly body: Markup;
}

export function sectionElement({ id, title, body }: Section): Markup {
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${body}
</section>`;
}

/** A picture with what there is to say about it. */
export function figure(picture: Markup, caption: Insertable): Markup {
  return html`<figure>${picture}
<figcaption>${caption}</figcaption></figure>`;
}
