import { lowerEach } from '../cleaning/lower-case.ts'
import { unicodeSpaces } from '../cleaning/white-space.ts'
import type { ClipRules, Word } from './clip.ts'

const words =
  /<\|(?:startoftext|endoftext)\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}]+/gu

const marks: Readonly<Record<string, Word>> = {
  '<|startoftext|>': 'start',
  '<|endoftext|>': 'end',
}

/** Also cuts out the marks, at odd places. */
const cut = /(<\|startoftext\|>|<\|endoftext\|>)/

/**
 * transformers' `CLIPTokenizer` (5): NFC, white space folded, small letters. `<|startoftext|>` and `<|endoftext|>` are
 * marks; one in capitals is a name between brackets.
 */
export const transformersRules: ClipRules = {
  padding: 'end',
  *words(text) {
    for (const part of text.split(cut)) {
      const mark = marks[part]
      if (mark) yield mark
      else {
        const clean = lowerEach(part.normalize('NFC').replace(unicodeSpaces, ' '))
        for (const [word] of clean.matchAll(words)) {
          if (marks[word]) yield* [{ word: '<|' }, { word: word.slice(2, -2) }, { word: '|>' }]
          else yield { word }
        }
      }
    }
  },
}
