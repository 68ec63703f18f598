import { requireCleaning } from '../cleaning/open-clip.ts'
import type { ClipRules, Word } from './clip.ts'

/** Of both cases, since texts may keep their capitals; `ſ` is an s to a comparison that ignores case. */
const words =
  /<start_of_text>|<end_of_text>|'(?:[sSſtTmMdD]|[rRvV][eE]|[lL]{2})|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}]+/gu

const marks: Readonly<Record<string, Word>> = {
  '<start_of_text>': 'start',
  '<end_of_text>': 'end',
}

/**
 * open_clip's `SimpleTokenizer`; `<start_of_text>` and `<end_of_text>` are marks where a word begins.
 * @param clean what the config says of cleaning
 * @throws UnsupportedError for a cleaning that is not done here
 */
export function openClipRules(clean: string): ClipRules {
  const cleaned = requireCleaning(clean)
  return {
    padding: 0,
    *words(text) {
      for (const [word] of cleaned(text).matchAll(words)) yield marks[word] ?? { word }
    },
  }
}
