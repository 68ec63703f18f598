import { ArgumentError, LimitError } from '../../errors.ts'
import { shorten } from '../../show.ts'

const MOST = 100_000
const BRACES = /\{([^{}]*)\}/
const RANGE = /^(\d+)\.\.(\d+)$/

/**
 * The names that a pattern stands for, as WebDataset and shells write them: `{000..012}` is a range with as many digits
 * as its first number, `{a,b}` a list. A text without braces is one name.
 * @throws ArgumentError for braces that are neither, LimitError for more than 100,000 names
 */
export function expandBraces(pattern: string): string[] {
  const match = BRACES.exec(pattern)
  if (!match) return [pattern]
  const [braces, inside] = match as unknown as [string, string]
  const head = pattern.slice(0, match.index)
  const tails = expandBraces(pattern.slice(match.index + braces.length))
  const middles = alternatives(pattern, inside)
  if (middles.length * tails.length > MOST) {
    throw new LimitError(`${shorten(pattern)} stands for more than ${MOST} names.`)
  }
  return middles.flatMap((middle) => tails.map((tail) => head + middle + tail))
}

function alternatives(pattern: string, inside: string): string[] {
  const range = RANGE.exec(inside)
  if (!range) {
    if (inside.includes(',')) return inside.split(',')
    throw new ArgumentError(
      `{${shorten(inside)}} in ${shorten(pattern)} is neither a range such as {000..012} nor a list such as {a,b}.`,
    )
  }
  const [first, last] = [Number(range[1]), Number(range[2])]
  if (first > last || last - first >= MOST) {
    throw new ArgumentError(
      `{${inside}} in ${shorten(pattern)} must go up, over at most ${MOST} numbers.`,
    )
  }
  const digits = range[1]!.length
  return Array.from({ length: last - first + 1 }, (_, i) => String(first + i).padStart(digits, '0'))
}
