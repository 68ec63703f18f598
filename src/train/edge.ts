import { UnsupportedError } from '../errors.ts'
import type * as training from './index.ts'

/** What `vitrine/train` is on edge runtimes, which end a request after seconds. */
const refused: Pick<typeof training, 'train' | 'evaluate' | 'createHeadTrainer'> = {
  // biome-ignore lint/correctness/useYield: it only fails
  async *train() {
    throw leftOut()
  },
  async evaluate() {
    throw leftOut()
  },
  async createHeadTrainer() {
    throw leftOut()
  },
}

const leftOut = () =>
  new UnsupportedError(
    'vitrine/train is left out on edge runtimes: a data set takes more time and memory than these have. Run it in Node or in a browser.',
  )

export const { train, evaluate, createHeadTrainer } = refused
