import { UnsupportedError } from '../errors.ts'
import type * as training from './index.ts'

/** What `vitrine/train` is on edge runtimes, which end a request after seconds. */
const refused: Pick<typeof training, 'evaluate' | 'train'> = {
  async evaluate() {
    throw new UnsupportedError(
      'vitrine/train is left out on edge runtimes: a data set takes more time and memory than these have. Run it in Node or in a browser.',
    )
  },
  // biome-ignore lint/correctness/useYield: it only fails
  async *train() {
    throw new UnsupportedError(
      'vitrine/train is left out on edge runtimes: training takes more time and memory than these have. Run it in Node or in a browser.',
    )
  },
}

export const { evaluate, train } = refused
