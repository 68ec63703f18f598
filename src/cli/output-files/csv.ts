/** One record of CSV, quoted as RFC 4180 says where a field needs it; lines end with a line feed. */
export const csvRecord = (fields: Iterable<string | number>): string =>
  `${Array.from(fields, csvField).join(',')}\n`

function csvField(field: string | number): string {
  const text = String(field)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
