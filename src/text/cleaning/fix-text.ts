import { decodeHTMLStrict } from 'entities/decode'
import { windows1252 } from './code-page.ts'
import { repairEncoding } from './mojibake.ts'

type Step = (text: string) => string

const nfkc = (text: string) => text.normalize('NFKC')

/** A reference of HTML; a name in capitals that HTML has not is the capital of the small one: `&NTILDE;`. */
function reference(text: string): string {
  const decoded = decodeHTMLStrict(text)
  if (decoded !== text || text !== text.toUpperCase()) return decoded
  const small = decodeHTMLStrict(text.toLowerCase())
  return small === text.toLowerCase() ? text : small.toUpperCase()
}

/** The steps of `ftfy.fix_text` (6.3) with its default settings, in its order. */
const steps: readonly Step[] = [
  // A text with tags is HTML, in which references have their meaning.
  (text) => (text.includes('<') ? text : text.replace(/&#?[0-9A-Za-z]{1,24};/g, reference)),
  (text) => text.replace(/[^\n]+/g, repairEncoding),
  // Control characters of Latin-1 mostly were characters of Windows.
  (text) => text.replace(/[\x80-\x9f]/g, (char) => windows1252[char.charCodeAt(0) - 0x80]!),
  (text) => text.replace(/[ĲĳŉǄ-ǌǱ-ǳﬀ-ﬄﬆ]/g, nfkc).replaceAll('ﬅ', 'ſt'),
  // Letters of full width, katakana of half width.
  (text) => text.replace(/[\u3000\uff01-\uffee]/g, nfkc),
  (text) => text.replace(/[\u02bc\u2018-\u201b]/g, "'").replace(/[\u201c-\u201f]/g, '"'),
  (text) => text.replace(/\r\n|[\r\u2028\u2029]/g, '\n'),
  // Colours of terminals, then the other control characters.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed.
  (text) => text.replace(/\x1b\[[\d;]*[a-zA-Z]/g, ''),
  (text) =>
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed.
    text.replace(/[\0-\x08\x0b\x0e-\x1f\x7f\u206a-\u206f\ufeff\ufff9-\ufffc]/g, ''),
  (text) => text.normalize('NFC'),
]

/**
 * A text without the faults that texts of the web have, as `ftfy.fix_text` mends them: references of HTML, text that was
 * decoded with the wrong code page (of which only Windows-1252 and Latin-1 are recognised here), ligatures, full-width
 * letters, curly quotes, line ends, control characters.
 */
export function fixText(text: string): string {
  if (/^[\t\n\x20-\x25\x27-\x7e]*$/.test(text)) return text
  let fixed = text
  for (let last: string | undefined; fixed !== last; ) {
    last = fixed
    for (const step of steps) fixed = step(fixed)
  }
  return fixed
}
