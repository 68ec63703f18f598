import type { ModelConfig } from '../checkpoint/model-config.ts'
import { ArgumentError } from '../errors.ts'
import type { Adapter } from '../program/training/lora.ts'
import { show } from '../show.ts'

/**
 * What stays as it is: nothing (`none`); all but the head (`backbone`); or the first blocks, so many, and what comes
 * before them. Blocks are those of the encoder or of the Mixer; the ResNet of a hybrid comes before them.
 */
export type Freeze = 'none' | 'backbone' | number

/**
 * Whether a weight is trained, by its name.
 * @throws ArgumentError for more blocks than the model has
 */
export function trains(freeze: Freeze, config: ModelConfig & { depth?: number }) {
  if (freeze === 'none') return () => true
  if (freeze === 'backbone') return isHead
  const { depth = 0 } = config
  if (!Number.isSafeInteger(freeze) || freeze < 1 || freeze > depth) {
    throw new ArgumentError(
      `The first ${show(freeze)} blocks can't be frozen: the model has ${depth}. Pass 'none', 'backbone', or 1 to ${depth}.`,
    )
  }
  return (weight: string) => {
    const block = /^blocks\.(\d+)\./.exec(weight)?.[1]
    return block === undefined ? isAfterBlocks(weight) : Number(block) >= freeze
  }
}

/** Whether a weight is trained where adapters are: A and B of each, and the head. */
export function trainsAdapters(adapters: readonly Adapter[]) {
  const names = new Set(adapters.flatMap(({ a, b }) => [a, b]))
  return (weight: string) => names.has(weight) || isHead(weight)
}

const isHead = (weight: string) => /^head(_dist|_mean)?\./.test(weight)

const isAfterBlocks = (weight: string) =>
  isHead(weight) || /^(norm|pre_logits|map|projection)\./.test(weight)
