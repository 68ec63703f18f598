import { badRequest } from './refusal.ts'

/** No request is nested deeper than a tensor of eight dimensions in an object in an array in an object. */
const DEEPEST = 32

/** Arrays and objects of a body: 32 images of 224 x 224 pixels that are nested have 1.6 million. */
const MOST = 2 ** 21

/** Values of arrays: those images have 4.8 million. */
const MOST_VALUES = 2 ** 23

/** Fields of all objects: an input has five of them. */
const MOST_FIELDS = 2 ** 16

const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Refuses JSON that would take much more memory than it has bytes, before it is parsed: an array of nothing is two bytes
 * here and dozens in memory.
 * @throws Refusal for values that are nested too deep, and for too many arrays, values and fields
 */
export function checkJsonSize(bytes: Uint8Array): void {
  let depth = 0
  let [count, values, fields] = [0, 0, 0]
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE:
        at = endOfText(bytes, at + 1)
        break
      case 0x5b: // [
      case 0x7b: // {
        count++
        depth++
        if (depth > DEEPEST) throw badRequest(`The JSON is nested deeper than ${DEEPEST} levels.`)
        if (count > MOST) throw badRequest(`The JSON has more than ${MOST} arrays and objects.`)
        break
      case 0x2c: // ,
        values++
        if (values > MOST_VALUES) throw badRequest(`The JSON has more than ${MOST_VALUES} values.`)
        break
      case 0x3a: // :
        fields++
        if (fields > MOST_FIELDS) throw badRequest(`The JSON has more than ${MOST_FIELDS} fields.`)
        break
      case 0x5d: // ]
      case 0x7d: // }
        depth--
    }
  }
}

/** Where the quote is that ends a text; the end of the bytes if there is none. */
function endOfText(bytes: Uint8Array, start: number): number {
  for (let at = start; ; at++) {
    at = bytes.indexOf(QUOTE, at)
    if (at < 0) return bytes.length
    let backslashes = 0
    while (bytes[at - 1 - backslashes] === BACKSLASH && at - backslashes > start) backslashes++
    if (backslashes % 2 === 0) return at
  }
}
