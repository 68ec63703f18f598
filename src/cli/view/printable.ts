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

// C0, DEL and C1; line and paragraph separators; bidi overrides and isolates. Unicode properties would say
// the same and take 9 ms to compile.
const CONTROLS = '[\\0-\\x1f\\x7f-\\x9f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]'
const marks = new RegExp(`${ESCAPE}\\[${SECRET};(\\d+)m`, 'g')
const controls = new RegExp(CONTROLS, 'g')
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

/** JSON of the same value without control characters: they become \u escapes. */
export const printableJSON = (json: string): string =>
  json.replace(controls, (found) => `\\u${hex(found, 4)}`)

/** Removes the marks of styles. */
export const withoutStyles = (text: string): string => text.replace(marks, '')

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const escapeControl = (character: string): string =>
  NAMED[character] ??
  (character <= '\u00ff' ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`)

const hex = (character: string, digits: number) =>
  character.charCodeAt(0).toString(16).padStart(digits, '0')
