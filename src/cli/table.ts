/** A column of a table for people. */
export interface Column<Row> {
  readonly title: string
  readonly text: (row: Row) => string
  /** Numbers stand on the right. */
  readonly right?: boolean
}

/** Rows under their titles, in columns two blanks apart. */
export function formatTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  styleTitle: (text: string) => string,
): string {
  const widths = columns.map(({ title, text }) =>
    Math.max(title.length, ...rows.map((row) => text(row).length)),
  )
  const line = (texts: readonly string[]) =>
    texts
      .map((text, i) => (columns[i]!.right ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd()
  const title = styleTitle(line(columns.map(({ title }) => title)))
  return `${[title, ...rows.map((row) => line(columns.map(({ text }) => text(row))))].join('\n')}\n`
}

/** Lines of name and value, the values below each other. */
export function formatFields(
  fields: readonly (readonly [name: string, value: string])[],
  styleName: (text: string) => string,
): string {
  const width = Math.max(...fields.map(([name]) => name.length))
  return fields
    .map(([name, value]) => {
      const continued = value.replaceAll('\n', `\n${' '.repeat(width + 4)}`)
      return `  ${styleName(name.padEnd(width))}  ${continued}\n`
    })
    .join('')
}
