/** White space as Unicode defines it, which is that of regular expressions in Rust and in Python's `regex`. */
export const unicodeSpaces = /\p{White_Space}+/gu

/** White space as Python's strings and its `re` define it: four separators more. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are separators.
const pythonSpaces = /[\p{White_Space}\x1c-\x1f]+/gu

/** A text whose runs of white space are one space, without white space at both ends. */
export const foldSpaces = (text: string): string =>
  text.replace(pythonSpaces, ' ').replace(/^ | $/g, '')
