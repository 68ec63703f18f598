import { UnsupportedError } from '../errors.ts'
import type * as text from './index.ts'

/** What `vitrine/text` is on edge runtimes, whose memory (128 MB mostly) holds no published model of images and texts. */
const refused: Pick<typeof text, 'loadImageText' | 'loadTokenizer' | 'loadZeroShot'> = {
  loadImageText: () => refuse('loadImageText'),
  loadTokenizer: () => refuse('loadTokenizer'),
  loadZeroShot: () => refuse('loadZeroShot'),
}

export const { loadImageText, loadTokenizer, loadZeroShot } = refused

async function refuse(name: string): Promise<never> {
  throw new UnsupportedError(
    `vitrine/text is left out on edge runtimes (${name}): models of images and texts need more memory than these have. Run it in Node or in a browser.`,
  )
}
