import { printableLine, styled } from './printable.ts'

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

/** Foreground colours and weights, as SGR has them. */
const styles = {
  bold: styled(1, 22),
  dim: styled(2, 22),
  red: styled(31, 39),
  green: styled(32, 39),
  yellow: styled(33, 39),
  cyan: styled(36, 39),
} as const

export type Colours = typeof styles

const unstyled = (text: string | number) => printableLine(String(text))

const plain: Colours = {
  bold: unstyled,
  dim: unstyled,
  red: unstyled,
  green: unstyled,
  yellow: unstyled,
  cyan: unstyled,
}

/** Colours for a line of text on a stream; they do nothing where it takes none. */
export const colours = (stream: Stream): Colours => (hasColours(stream) ? styles : plain)

/** Longer lines than this are hard to read, however wide the window. */
const WIDEST = 100

/** Columns of a line of text on this stream. */
export const lineWidth = (stream: Stream) => Math.min(stream.columns || 80, WIDEST)

/** `22.9 MB`; `bytes` from 0. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`
}

/** `5,717,416` */
export const formatCount = (count: number) => count.toLocaleString('en-US')

/** `1 image`, `1,200 images` */
export const countOf = (count: number, one: string, many = `${one}s`) =>
  `${formatCount(count)} ${count === 1 ? one : many}`
