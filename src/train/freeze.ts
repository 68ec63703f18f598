import type { ModelConfig } from '../checkpoint/model-config.ts'
import { ArgumentError } from '../errors.ts'
import { show } from '../show.ts'

/**
 * What stays as it is: nothing (`none`), all but the head (`head` trains), or all but the last blocks, what follows
 * them, and the head.
 */
export type Trained = 'all' | 'head' | number

/**
 * Whether a weight is trained, by its name.
 * @throws ArgumentError for more blocks than the model has
 */
export function trains(what: Trained, config: ModelConfig & { depth?: number }) {
  if (what === 'all') return () => true
  if (what === 'head') return isHead
  const { depth = 0 } = config
  if (!Number.isSafeInteger(what) || what < 1 || what > depth) {
    throw new ArgumentError(
      `The last ${show(what)} blocks can't be trained: the model has ${depth}. Pass 'all', 'head', or 1 to ${depth}.`,
    )
  }
  return (weight: string) => {
    const block = /^blocks\.(\d+)\./.exec(weight)?.[1]
    return block === undefined ? isAfterBlocks(weight) : Number(block) >= depth - what
  }
}

const isHead = (weight: string) => /^head(_dist)?\./.test(weight)

const isAfterBlocks = (weight: string) => isHead(weight) || /^(norm|pre_logits)\./.test(weight)
