// C0, DEL and C1; line and paragraph separators; bidi overrides and isolates. Unicode properties would say
// the same and take 9 ms to compile.
/** The class of control characters, for regular expressions: a terminal executes them. */
export const CONTROLS = '[\\0-\\x1f\\x7f-\\x9f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]'

const controls = new RegExp(CONTROLS, 'g')

/** The code of a character in so many hexadecimal digits. */
export const hexCode = (character: string, digits: number) =>
  character.charCodeAt(0).toString(16).padStart(digits, '0')

/** JSON of the same value without control characters: they become \u escapes. */
export const printableJSON = (json: string): string =>
  json.replace(controls, (found) => `\\u${hexCode(found, 4)}`)
