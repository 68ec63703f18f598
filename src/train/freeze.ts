import type { ModelConfig } from '../checkpoint/model-config.ts'
import { ArgumentError } from '../errors.ts'
import type { Adapter } from '../program/training/lora.ts'
import { show } from '../show.ts'

/**
 * What is trained: all weights, the head alone, or so many last blocks, what follows them, and the head. Blocks are
 * those of the encoder or of the Mixer; the ResNet of a hybrid is trained with `all` only.
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

/** Whether a weight is trained where adapters are: A and B of each, and the head. */
export function trainsAdapters(adapters: readonly Adapter[]) {
  const names = new Set(adapters.flatMap(({ a, b }) => [a, b]))
  return (weight: string) => names.has(weight) || isHead(weight)
}

const isHead = (weight: string) => /^head(_dist)?\./.test(weight)

const isAfterBlocks = (weight: string) => isHead(weight) || /^(norm|pre_logits)\./.test(weight)
