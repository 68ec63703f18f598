/** The last character of a bar, in eighths of a column. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** A bar for a share from 0 to 1, padded with blanks to `columns`. */
export function bar(share: number, columns: number): string {
  const eighths = Math.round(share * columns * 8)
  const drawn = '█'.repeat(eighths >> 3) + EIGHTHS[eighths & 7]
  return drawn.padEnd(columns)
}
