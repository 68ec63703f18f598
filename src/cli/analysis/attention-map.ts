import { ArgumentError } from '../../errors.ts'
import type { ViTConfig } from '../../models/config.ts'
import { prefixTokens } from '../../models/families/vit.ts'
import type { AttentionMaps } from '../../vit.ts'
import { countOf } from '../view/colours.ts'

/** Which attention is looked at; negative numbers count from the end. */
export interface Choice {
  layer?: number | undefined
  head?: number | undefined
}

export interface AttentionMap {
  /** One value per patch, `[rows, columns]`. */
  readonly values: Float32Array
  readonly grid: readonly [rows: number, columns: number]
  /** For people: `rollout of 12 layers`. */
  readonly title: string
}

/**
 * The rollout over all layers, or what the class token attends to in one layer (the last one unless
 * told), in one head or in all heads' mean. Where a model has no class token, the mean of what all
 * patches attend to.
 * @throws ArgumentError for a layer or head that the model does not have
 */
export function chooseMap(
  { layers, rollout, grid, shape }: AttentionMaps,
  choice: Choice,
  config: ViTConfig,
): AttentionMap {
  const [depth, heads, tokens] = shape
  if (choice.layer === undefined && choice.head === undefined) {
    return { values: rollout, grid, title: `rollout of ${countOf(depth, 'layer')}` }
  }
  const layer = place(choice.layer ?? -1, depth, 'layer')
  const head = choice.head === undefined ? undefined : place(choice.head, heads, 'head')
  const chosen = head === undefined ? range(0, heads) : [head]
  const prefix = prefixTokens(config)
  const queries = config.classToken ? [0] : range(prefix, tokens)
  const values = new Float32Array(tokens - prefix)
  for (const each of chosen) {
    for (const query of queries) {
      const row = ((layer * heads + each) * tokens + query) * tokens + prefix
      const share = 1 / (chosen.length * queries.length)
      for (let i = 0; i < values.length; i++) values[i]! += layers[row + i]! * share
    }
  }
  const which = head === undefined ? `mean of ${countOf(heads, 'head')}` : `head ${head}`
  return { values, grid, title: `layer ${layer}, ${which}` }
}

function place(number: number, length: number, what: string): number {
  const index = number < 0 ? length + number : number
  if (index >= 0 && index < length) return index
  throw new ArgumentError(
    `The model has the ${what}s 0 to ${length - 1} (or -${length} to -1), and no ${what} ${number}.`,
  )
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
