/** The characters of the bytes 0x80 to 0x9f in Windows-1252; those that have none are control characters. */
export const windows1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

const bytes = new Map(Array.from(windows1252, (char, i) => [char, 0x80 + i]))

/** The byte of a character in Windows-1252, or in Latin-1, of which it is a superset but for control characters. */
export function byteOf(char: string): number | undefined {
  const code = char.charCodeAt(0)
  return bytes.get(char) ?? (code <= 0xff ? code : undefined)
}
