import { html, type Markup, raw } from './html.ts';
import { short } from './numbers.ts';

/* Formulas as MathML, which browsers draw by themselves. */

type Part = Markup | string | number;

/** A formula on a line of its own, which can be scrolled where it is too wide. */
export function formula(...parts: readonly Part[]): Markup {
  return html`<div class="formula" tabindex="0" role="group" aria-label="formula"><math display="block">${row(...parts)}</math></div>`;
}

/** A formula within a sentence. */
export function inline(...parts: readonly Part[]): Markup {
  return html`<math>${row(...parts)}</math>`;
}

/**
 * Parts side by side: letters are variables, other characters operators, numbers numbers. A text of several letters is a
 * word.
 */
export function row(...parts: readonly Part[]): Markup {
  return html`<mrow>${parts.map(part)}</mrow>`;
}

export function sub(base: Part, index: Part): Markup {
  return html`<msub>${part(base)}${part(index)}</msub>`;
}

export function sup(base: Part, exponent: Part): Markup {
  return html`<msup>${part(base)}${part(exponent)}</msup>`;
}

export function frac(over: Part, under: Part): Markup {
  return html`<mfrac>${part(over)}${part(under)}</mfrac>`;
}

/** A sum over an index. */
export function sum(index: Part): Markup {
  return html`<munder><mo>∑</mo>${part(index)}</munder>`;
}

/** `‖a − b‖²` */
export function squaredNorm(...inner: readonly Part[]): Markup {
  return html`<msup><mrow><mo stretchy="false">‖</mo>${inner.map(part)}<mo stretchy="false">‖</mo></mrow><mn>2</mn></msup>`;
}

function part(value: Part): Markup {
  if (typeof value === 'number') return number(value);
  if (typeof value !== 'string') return value;
  if (/^\p{L}$/u.test(value)) return html`<mi>${value}</mi>`;
  if (/^[\p{L}\d][\p{L}\d_ ,]*$/u.test(value)) return html`<mtext>${value}</mtext>`;
  return html`<mo>${value}</mo>`;
}

/** `0.0123`, or `1.23 × 10⁻⁷` with an exponent where the number is very small or large. */
function number(value: number): Markup {
  const [digits = '', exponent] = short(value).split('e');
  if (exponent === undefined) return html`<mn>${digits}</mn>`;
  const power = String(Number(exponent)).replace('-', '−');
  return raw(`<mrow><mn>${digits}</mn><mo>×</mo><msup><mn>10</mn><mn>${power}</mn></msup></mrow>`);
}
