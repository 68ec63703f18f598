import { printableLine, styled } from './printable.ts'

/** The part of a stream that decides how its text looks. */
interface Stream {
  readonly isTTY?: boolean
  readonly columns?: number
}

/** Whether a stream gets colour: NO_COLOR decides, then FORCE_COLOR, then whether it is a terminal. */
export function hasColours(stream: Stream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (NO_COLOR) return false
  if (FORCE_COLOR) return FORCE_COLOR !== '0'
  return stream.isTTY === true && TERM !== 'dumb'
}

/** SGR codes that begin and end each style. */
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

/** Styles for one line of text; without effect on a stream that gets no colour. */
export const colours = (stream: Stream): Colours => (hasColours(stream) ? styles : plain)

/** Wider lines are hard to read, however wide the window. */
const WIDEST = 100

/** The columns that a line of text may take on this stream. */
export const lineWidth = (stream: Stream) => Math.min(stream.columns || 80, WIDEST)
