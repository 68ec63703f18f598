import picocolors from 'picocolors'

/** The part of a stream that matters for how its text looks. */
interface Stream {
  readonly isTTY?: boolean
  readonly columns?: number
}

/** Whether a stream takes colour: NO_COLOR, else FORCE_COLOR, else whether it is a terminal. */
export function hasColours(stream: Stream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (NO_COLOR) return false
  if (FORCE_COLOR) return FORCE_COLOR !== '0'
  return stream.isTTY === true && TERM !== 'dumb'
}

/** Colours for a stream; they do nothing where it takes none. */
export const colours = (stream: Stream) => picocolors.createColors(hasColours(stream))

/** Longer lines than this are hard to read, however wide the window. */
const WIDEST = 100

/** Columns of a line of text on this stream. */
export const lineWidth = (stream: Stream) => Math.min(stream.columns || 80, WIDEST)

/** The text in exactly so many columns, its end cut off where it is longer. */
export function fitColumns(text: string, columns: number): string {
  const letters = [...text]
  if (letters.length <= columns) return text + ' '.repeat(columns - letters.length)
  return `${letters.slice(0, Math.max(0, columns - 1)).join('')}…`
}

/** `22.9 MB`; `bytes` from 0. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`
}

/** `5,717,416` */
export const formatCount = (count: number) => count.toLocaleString('en-US')
