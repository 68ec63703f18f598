import type { Linear } from '../../../../src/program/ops/linear.ts'
import type { ValueId } from '../../../../src/program/values.ts'
import { layer } from './layer.ts'
import type { KeyValues, Lowering } from './lowering.ts'

/** Two layers instead of one. */
export function keyValueLayer(op: Linear, lowering: Lowering): void {
  const keys = layer(op, lowering, 'keys')
  const values = layer(op, lowering, 'values')
  lowering.keyValues.set(op.output, { keys, values })
}

/** What attention reads: as many values as `[...outer, tokens, width]` each. */
export function keysAndValues(id: ValueId, lowering: Lowering): KeyValues {
  const made = lowering.keyValues.get(id)
  if (made) return made
  const { graph, outer } = lowering
  const both = lowering.images(id)
  const width = lowering.shape(id)[1] / 2
  const cut = (from: number) => graph.slice(both, outer.length + 1, from, width)
  return { keys: cut(0), values: cut(width) }
}
