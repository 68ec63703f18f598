/** Printable characters of Latin-1, which stand for their own bytes. */
const isPrintable = (byte: number) =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae

/**
 * The characters that stand for bytes in byte-level BPE (GPT-2), in the order of their numbers in CLIP's vocabulary:
 * printable bytes first, then the others as U+0100 and up.
 */
const alphabet: readonly (readonly [byte: number, character: string])[] = (() => {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte)
  const others = bytes.filter((byte) => !isPrintable(byte))
  return [
    ...bytes.filter(isPrintable).map((byte) => [byte, String.fromCharCode(byte)] as const),
    ...others.map((byte, i) => [byte, String.fromCharCode(256 + i)] as const),
  ]
})()

export const byteCharacters: readonly string[] = alphabet.map(([, character]) => character)

const characterOf: readonly string[] = [...alphabet]
  .sort(([one], [other]) => one - other)
  .map(([, character]) => character)

const encoder = new TextEncoder()

/** The UTF-8 of a text, a character for each byte. */
export const byteCharactersOf = (text: string): string[] =>
  Array.from(encoder.encode(text), (byte) => characterOf[byte]!)
