import { CONTROLS, hexCode } from '../../controls.ts'

/**
 * Text for people contains untrusted names, labels and messages, and a terminal executes the control
 * characters in them: an escape sequence sets its title, a carriage return overwrites a line, a bidi
 * override reverses text. So all output goes through `printable`, which keeps line feeds and the
 * styles of this file, and escapes every other control character.
 */

const ESCAPE = '\u001b'

/**
 * Styles are marked with a random number, so that untrusted text can't contain a valid mark. A mark
 * looks like an SGR sequence because commander ignores those when it measures lines. (Importing
 * `node:crypto` for the number would take milliseconds of every command.)
 */
const SECRET = Math.floor(Math.random() * 2 ** 47)

const marks = new RegExp(`${ESCAPE}\\[${SECRET};(\\d+)m`, 'g')
const foreign = new RegExp(`(${ESCAPE}\\[${SECRET};\\d+m)|${CONTROLS}`, 'g')

/** Marks one line of text with a style; takes the SGR codes that begin and end it. */
export const styled =
  (begin: number, end: number) =>
  (text: string | number): string =>
    `${mark(begin)}${printableLine(String(text))}${mark(end)}`

const mark = (code: number) => `${ESCAPE}[${SECRET};${code}m`

/** One line of text with all control characters escaped, including line feeds: `a\nb`, `\x1b[2J`. */
export const printableLine = (text: string): string =>
  text.replace(foreign, (found, own: string | undefined) => own ?? escapeControl(found))

/** Text for a stream: styles become SGR sequences, control characters except line feeds are escaped. */
export const printable = (text: string): string =>
  text
    .replace(foreign, (found, own: string | undefined) =>
      own !== undefined || found === '\n' ? found : escapeControl(found),
    )
    .replace(marks, `${ESCAPE}[$1m`)

/** Removes the marks of styles. */
export const withoutStyles = (text: string): string => text.replace(marks, '')

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const escapeControl = (character: string): string =>
  NAMED[character] ??
  (character <= '\u00ff' ? `\\x${hexCode(character, 2)}` : `\\u${hexCode(character, 4)}`)
