/** Markup that is safe to put into a page as it is. */
export interface Markup {
  readonly markup: string;
}

export type Insertable = Markup | string | number | readonly Markup[];

/** Markup from a template: texts and numbers are escaped, markup is taken as it is. */
export function html(parts: TemplateStringsArray, ...values: readonly Insertable[]): Markup {
  const inserted = values.map(insert);
  return { markup: parts.map((part, i) => part + (inserted[i] ?? '')).join('') };
}

/** What was made by a library, or by hand. */
export function raw(markup: string): Markup {
  return { markup };
}

function insert(value: Insertable): string {
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value));
  if ('markup' in value) return value.markup;
  return value.map(({ markup }) => markup).join('\n');
}

function escaped(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] as string);
}
