/** Default-ignorable characters, such as soft hyphens, joiners and variation selectors, are dropped. */
const ignorable = /\p{Default_Ignorable_Code_Point}/gu

/** Latin, Greek and the like: what most texts are made of maps to itself or to its small letter. */
const ascii = /^[\0-\x7f]*$/

const folded = new Map<string, string>()

/**
 * A text without differences of case, compatibility or accents: Unicode's NFKC_Casefold, then NFD, then without
 * non-spacing marks.
 */
export function foldText(text: string): string {
  if (ascii.test(text)) return text.toLowerCase()
  const mapped = Array.from(text, (char) => foldCharacter(char)).join('')
  return mapped.normalize('NFD').replace(/\p{Mn}/gu, '')
}

/**
 * NFKC_Casefold of one character, as Unicode derives it (DerivedNormalizationProps.txt): case folding, removal of
 * default-ignorable characters and NFKC, until nothing changes.
 */
function foldCharacter(char: string): string {
  const known = folded.get(char)
  if (known !== undefined) return known
  let text = char
  for (let last: string | undefined; text !== last; ) {
    last = text
    text = Array.from(text, foldCase).join('').replace(ignorable, '').normalize('NFKC')
  }
  // Texts of all scripts together have some thousands of different characters.
  if (folded.size < 1 << 16) folded.set(char, text)
  return text
}

/** Cherokee folds to its capitals, which Unicode had first. */
const cherokee = /^\p{Script=Cherokee}$/u

/**
 * Full case folding of one character (the rows C and F of Unicode's CaseFolding.txt). JavaScript has no function for
 * it: it is the small letter of the capital, but for Cherokee and for the dotless i, which folds to itself.
 */
function foldCase(char: string): string {
  if (char === 'ı') return char
  if (cherokee.test(char)) return char.toUpperCase()
  // Some capitals (ẞ) are known only by their small letters.
  return Array.from(char.toLowerCase().toUpperCase(), (part) => part.toLowerCase()).join('')
}
