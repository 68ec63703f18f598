import { decodeHTML } from 'entities/decode'
import { canonical } from './canonical.ts'
import { fixText } from './fix-text.ts'
import { foldSpaces } from './white-space.ts'

/** `ftfy`, then HTML's references, twice, since captions of the web were often escaped twice. */
const basic = (text: string) => decodeHTML(decodeHTML(fixText(text)))

/** The cleanings of open_clip's tokenizers, by the name that a config has as `tokenizer_kwargs.clean`. */
export const openClipCleanings = {
  lower: (text: string) => foldSpaces(basic(text)).toLowerCase(),
  whitespace: (text: string) => foldSpaces(basic(text)),
  canonicalize: (text: string) => canonical(basic(text).replaceAll('_', ' ')),
} as const

export type OpenClipCleaning = keyof typeof openClipCleanings
