import type { Linear } from '../../../../src/program/ops/linear.ts'
import type { ValueId } from '../../../../src/program/values.ts'
import { layer } from './layer.ts'
import type { Lowering } from './lowering.ts'

/** Two layers instead of one. */
export function keyValueLayer(op: Linear, lowering: Lowering): void {
  const out = lowering.name(op.output)
  layer(op, lowering, `${out}.keys`, { part: 'keys' })
  layer(op, lowering, `${out}.values`, { part: 'values' })
}

/** What attention reads, `[batch, tokens, width]` each. */
export function keysAndValues(
  id: ValueId,
  lowering: Lowering,
): readonly [keys: string, values: string] {
  const { graph } = lowering
  const [keys, values] = [`${lowering.name(id)}.keys`, `${lowering.name(id)}.values`]
  const [tokens, both] = lowering.shape(id)
  const width = both / 2
  if (lowering.keyValueLayers.has(id)) {
    const half = (name: string) => lowering.asImages(name, [tokens, width])
    return [half(keys), half(values)]
  }
  const cut = (name: string, from: number) =>
    graph.once(name, (to) => graph.slice(lowering.images(id), [[2, from, from + width]], to))
  return [cut(keys, 0), cut(values, width)]
}
