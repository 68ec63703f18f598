/** One CSV record; fields are quoted as in RFC 4180 where necessary, lines end with a line feed. */
export const csvRecord = (fields: Iterable<string | number>): string =>
  `${Array.from(fields, csvField).join(',')}\n`

function csvField(field: string | number): string {
  const text = String(field)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
