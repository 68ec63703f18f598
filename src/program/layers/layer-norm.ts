import { type LayerNorm, layerNormOperation } from '../ops/layer-norm.ts'
import type { Writer } from '../ops/operation.ts'
import type { ValueId } from '../values.ts'

/** The shape of its input. Weights: `NAME.scale` and `NAME.bias`. */
export function layerNorm(
  net: Writer<LayerNorm>,
  name: string,
  input: ValueId,
  eps: number,
): ValueId {
  const [rows, columns] = net.shape(input)
  const { weights } = layerNormOperation
  const scale = net.weight(`${name}.scale`, [1, columns], weights.scale!)
  const bias = net.weight(`${name}.bias`, [1, columns], weights.bias!)
  const output = net.value(name, [rows, columns])
  net.push({ op: 'layer_norm', input, output, scale, bias, eps })
  return output
}
