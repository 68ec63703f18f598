import { printableLine } from './printable.ts'
import { largest, padColumns, textWidth } from './text-width.ts'

/** A column of a table for people. */
export interface Column<Row> {
  readonly title: string
  readonly text: (row: Row) => string
  /** Align right, as for numbers. */
  readonly right?: boolean
}

/** A table with titles and columns two blanks apart. Line feeds in cells are escaped. */
export function formatTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  styleTitle: (text: string) => string,
): string {
  const cells = rows.map((row) => columns.map(({ text }) => printableLine(text(row))))
  const widths = columns.map(({ title }, i) =>
    largest(
      cells.map((row) => textWidth(row[i]!)),
      textWidth(title),
    ),
  )
  const line = (texts: readonly string[]) =>
    texts
      .map((text, i) => padColumns(text, widths[i]!, columns[i]!.right))
      .join('  ')
      .trimEnd()
  const title = styleTitle(line(columns.map(({ title }) => title)))
  return `${[title, ...cells.map(line)].join('\n')}\n`
}

/** A name and its value of one line or several. */
export type NamedValue = readonly [name: string, value: string | readonly string[]]

/** Names and values in two columns; control characters in values are escaped. */
export function formatFields(
  fields: readonly NamedValue[],
  styleName: (text: string) => string,
): string {
  const width = largest(fields.map(([name]) => textWidth(name)))
  return fields
    .flatMap(([name, value]) =>
      [value].flat().map((line, i) => {
        return `  ${styleName(padColumns(i === 0 ? name : '', width))}  ${printableLine(line)}\n`
      }),
    )
    .join('')
}
