import { ArgumentError } from '../../errors.ts'
import type { AttentionMaps } from '../../model/attention.ts'
import { countOf } from '../view/units.ts'

/** The layer and head to show; negative numbers count from the end. */
export interface Choice {
  layer?: number | undefined
  head?: number | undefined
}

export interface AttentionMap {
  /** One value per patch, `[rows, columns]`. */
  readonly values: Float32Array
  readonly grid: readonly [rows: number, columns: number]
  /** A description: `rollout of 12 layers`. */
  readonly title: string
}

/**
 * Without a choice, the rollout over all layers. Else the attention of the class token in one layer
 * (by default the last), in one head or averaged over the heads. For a model without a class token, the
 * attention is averaged over all patches.
 * @throws ArgumentError for a layer or head that the model does not have
 */
export function chooseMap(
  { layers, rollout, grid, shape, prefixTokens: prefix }: AttentionMaps,
  choice: Choice,
): AttentionMap {
  const [depth, heads, tokens] = shape
  if (choice.layer === undefined && choice.head === undefined) {
    return { values: rollout, grid, title: `rollout of ${countOf(depth, 'layer')}` }
  }
  const layer = indexOf(choice.layer ?? -1, depth, 'layer')
  const head = choice.head === undefined ? undefined : indexOf(choice.head, heads, 'head')
  const chosen = head === undefined ? range(0, heads) : [head]
  const queries = prefix > 0 ? [0] : range(prefix, tokens)
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

function indexOf(number: number, length: number, what: string): number {
  const index = number < 0 ? length + number : number
  if (index >= 0 && index < length) return index
  throw new ArgumentError(
    `The model has no ${what} ${number}; it has ${countOf(length, what)}: 0 to ${length - 1}, or -${length} to -1.`,
  )
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
