import { decodeHTML } from 'entities/decode'
import { UnsupportedError } from '../../errors.ts'
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

type Cleaning = keyof typeof openClipCleanings

/**
 * @param clean what the config says
 * @param known those that the model may have
 * @throws UnsupportedError for another
 */
export function requireCleaning(
  clean: string,
  known: readonly Cleaning[] = ['lower', 'whitespace', 'canonicalize'],
): (text: string) => string {
  const found = known.find((name) => name === clean)
  if (found) return openClipCleanings[found]
  throw new UnsupportedError(
    `The config says that texts are cleaned by ${JSON.stringify(clean)} (tokenizer_kwargs.clean), which is not done here; done for this model: ${known.join(', ')}.`,
  )
}
