import { randomInt } from 'node:crypto'

/**
 * Text for people holds names, labels and messages of others, and a terminal obeys what they contain:
 * an escape sequence sets its title, a carriage return writes over a line, a bidi override turns text
 * around. So all text passes `printable` on its way out, which leaves the styles of this file and
 * line feeds, and makes every other control character visible.
 */

const ESCAPE = '\u001b'

/**
 * Styles are marked with a number that nobody outside this process knows, so that a label can't
 * contain one. The mark has the form of an SGR sequence, since commander measures lines without those.
 */
const SECRET = randomInt(2 ** 47)

const CONTROLS = '[\\p{Cc}\\p{Zl}\\p{Zp}\\u202a-\\u202e\\u2066-\\u2069]'
const marks = new RegExp(`${ESCAPE}\\[${SECRET};(\\d+)m`, 'g')
const controls = new RegExp(CONTROLS, 'gu')
const foreign = new RegExp(`(${ESCAPE}\\[${SECRET};\\d+m)|${CONTROLS}`, 'gu')

/** Marks one line of text as styled; SGR parameters that begin and end the style. */
export const styled =
  (begin: number, end: number) =>
  (text: string | number): string =>
    `${mark(begin)}${printableLine(String(text))}${mark(end)}`

const mark = (code: number) => `${ESCAPE}[${SECRET};${code}m`

/** One line of text with all control characters visible, line feeds too: `a\nb`, `\x1b[2J`. */
export const printableLine = (text: string): string =>
  text.replace(foreign, (found, own: string | undefined) => own ?? escapeControl(found))

/** Text as a stream may have it: styles as SGR sequences, and no control characters but line feeds. */
export const printable = (text: string): string =>
  text
    .replace(foreign, (found, own: string | undefined) =>
      own !== undefined || found === '\n' ? found : escapeControl(found),
    )
    .replace(marks, `${ESCAPE}[$1m`)

/** JSON of the same value in which a terminal finds nothing to obey. */
export const printableJSON = (json: string): string =>
  json.replace(controls, (found) => `\\u${hex(found, 4)}`)

/** Text without the marks of its styles. */
export const withoutStyles = (text: string): string => text.replace(marks, '')

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const escapeControl = (character: string): string =>
  NAMED[character] ??
  (character <= '\u00ff' ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`)

const hex = (character: string, digits: number) =>
  character.charCodeAt(0).toString(16).padStart(digits, '0')
