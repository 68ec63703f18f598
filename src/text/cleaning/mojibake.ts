import { byteOf, windows1252 } from './code-page.ts'

/** The characters that bytes of UTF-8 after the first (0x80 to 0xbf) become in Windows-1252 or Latin-1. */
const tail = `[${windows1252}\\x80-\\xbf]`

/** UTF-8 that was read as Windows-1252: each alternative is a sequence of two, three or four bytes. */
const run = new RegExp(
  `(?:[\\xc2-\\xdf]${tail}|[\\xe0-\\xef]${tail}{2}|[\\xf0-\\xf4]${tail}{3})+`,
  'g',
)

/**
 * Runs that are no text: A with a tilde or circumflex before a symbol (what Latin letters become), â before two (signs
 * and quotes), ð before three (emoji), or several sequences side by side (other scripts).
 */
const telling = new RegExp(
  `[\\xc2\\xc3]${tail}|[\\xe2\\xef]${tail}{2}|\\xf0${tail}{3}|(?:[\\xc2-\\xdf]${tail}){3}|(?:[\\xe0-\\xef]${tail}{2}){2}`,
)

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A text in which runs that are UTF-8 read as Windows-1252 are what they were: `cafÃ©` is `café`. */
export const repairEncoding = (text: string): string =>
  text.replace(run, (broken) => {
    if (!telling.test(broken)) return broken
    try {
      return decoder.decode(Uint8Array.from(broken, (char) => byteOf(char)!))
    } catch {
      return broken
    }
  })
