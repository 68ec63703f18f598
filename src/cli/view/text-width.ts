import { eastAsianWidth } from 'get-east-asian-width'
import { printableLine, withoutStyles } from './printable.ts'

/** Created on first use: most text is ASCII. */
let segmenter: Intl.Segmenter | undefined

const clusters = (text: string) => {
  segmenter ??= new Intl.Segmenter()
  return Array.from(segmenter.segment(text), ({ segment }) => segment)
}

const ASCII = /^[ -~]*$/
const EMOJI = /\p{Emoji_Presentation}|\p{Emoji}\ufe0f|^[#*0-9]\ufe0f?\u20e3/u
const INVISIBLE = /^[\p{Default_Ignorable_Code_Point}\p{Format}\p{Mark}]+$/u

/** The width of printable text in terminal columns; marks of styles have none. */
export function textWidth(text: string): number {
  const plain = withoutStyles(text)
  if (ASCII.test(plain)) return plain.length
  return clusters(plain).reduce((width, cluster) => width + clusterWidth(cluster), 0)
}

/** The width of one grapheme cluster. */
function clusterWidth(cluster: string): number {
  if (INVISIBLE.test(cluster)) return 0
  return EMOJI.test(cluster) ? 2 : eastAsianWidth(cluster.codePointAt(0)!)
}

/** Pads text with blanks to `columns`. */
export function padColumns(text: string, columns: number, right = false): string {
  const blanks = ' '.repeat(Math.max(0, columns - textWidth(text)))
  return right ? blanks + text : text + blanks
}

/** Pads or truncates unstyled text to one line of exactly `columns`. */
export function fitColumns(text: string, columns: number): string {
  const line = printableLine(text)
  if (textWidth(line) <= columns) return padColumns(line, columns)
  let shown = ''
  let width = 1
  for (const cluster of clusters(line)) {
    width += clusterWidth(cluster)
    if (width > columns) break
    shown += cluster
  }
  return padColumns(`${shown}…`, columns)
}

/** The largest of `values` and `least`; `Math.max(...values)` fails for very long arrays. */
export const largest = (values: readonly number[], least = 0): number =>
  values.reduce((a, b) => Math.max(a, b), least)
