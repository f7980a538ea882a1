/** Prints rows with columns of the given widths; negative ones are flush right. */
export function table(widths: readonly number[]): (...cells: readonly string[]) => void {
  return (...cells) => {
    const row = cells.map((cell, i) => {
      const width = widths[i] ?? 0;
      return width < 0 ? cell.padStart(-width) : cell.padEnd(width);
    });
    process.stdout.write(`${row.join('').trimEnd()}\n`);
  };
}
