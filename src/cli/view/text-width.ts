import { eastAsianWidth } from 'get-east-asian-width'
import { printableLine, withoutStyles } from './printable.ts'

/** Made when it is first needed: most text is ASCII. */
let segmenter: Intl.Segmenter | undefined

const clusters = (text: string) => {
  segmenter ??= new Intl.Segmenter()
  return Array.from(segmenter.segment(text), ({ segment }) => segment)
}

const ASCII = /^[ -~]*$/
const EMOJI = /\p{Emoji_Presentation}|\p{Emoji}\ufe0f|^[#*0-9]\ufe0f?\u20e3/u
const INVISIBLE = /^[\p{Default_Ignorable_Code_Point}\p{Format}\p{Mark}]+$/u

/** The columns that printable text takes in a terminal; styles take none. */
export function textWidth(text: string): number {
  const plain = withoutStyles(text)
  if (ASCII.test(plain)) return plain.length
  return clusters(plain).reduce((width, cluster) => width + clusterWidth(cluster), 0)
}

/** Of what is drawn as one character. */
function clusterWidth(cluster: string): number {
  if (INVISIBLE.test(cluster)) return 0
  return EMOJI.test(cluster) ? 2 : eastAsianWidth(cluster.codePointAt(0)!)
}

/** Text filled up with blanks to so many columns. */
export function padColumns(text: string, columns: number, right = false): string {
  const blanks = ' '.repeat(Math.max(0, columns - textWidth(text)))
  return right ? blanks + text : text + blanks
}

/** Unstyled text as one line of exactly so many columns, its end cut off where it is longer. */
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

/** The largest of any number of values, and of `least`; `Math.max(...values)` has a limit. */
export const largest = (values: readonly number[], least = 0): number =>
  values.reduce((a, b) => Math.max(a, b), least)
