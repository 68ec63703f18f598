import { foldText } from './fold.ts'

/** Control and format characters separate words. */
const control = /[\p{Cc}\p{Cf}]/gu

const cjk = [
  '\\u4e00-\\u9fff',
  '\\u3400-\\u4dbf',
  '\\u{20000}-\\u{2a6df}',
  '\\u{2a700}-\\u{2b73f}',
  '\\u{2b740}-\\u{2b81f}',
  '\\u{2b820}-\\u{2ceaf}',
  '\\uf900-\\ufaff',
  '\\u{2f800}-\\u{2fa1f}',
].join('')

/**
 * A word, or a character that is a word of its own: punctuation, what ASCII has beside letters and digits, and Chinese
 * ideographs. The only white space that is left after folding and the removal of control characters is the space;
 * other separators are letters to this rule.
 */
const word = new RegExp(`[!-/:-@\\[-\`{-~\\p{P}${cjk}]|[^ !-/:-@\\[-\`{-~\\p{P}${cjk}]+`, 'gu')

/** The words of a text as BERT's basic tokenizer for uncased vocabularies makes them (tensorflow_text). */
export const wordsOf = (text: string): string[] =>
  foldText(text).replace(control, ' ').match(word) ?? []
