/** A number in three digits that mean something: `0.0123`, `4.56e-7`, `1,240`. */
export function short(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e6) return value.toExponential(2);
  if (size >= 1000) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}

/** A share as `12 %`, never broken between the two. */
export function percent(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const hundredths = 100 * value;
  return `${hundredths >= 10 ? Math.round(hundredths) : Number(hundredths.toPrecision(2))}\u00a0%`;
}

/** `1 layer`, `7 layers` */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
