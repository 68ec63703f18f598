import { ArgumentError } from '../../errors.ts'
import type { Attention } from '../ops/attention.ts'
import { checkShape } from '../ops/check-shape.ts'
import type { Writer } from '../ops/operation.ts'
import type { ValueId } from '../values.ts'

/**
 * `[queries, width]`. The softmax weights become the value `NAME.weights`.
 * @throws ArgumentError where the width is no multiple of `heads`, or the shapes do not fit
 */
export function attention(
  net: Writer<Attention>,
  name: string,
  query: ValueId,
  keyValue: ValueId,
  heads: number,
): ValueId {
  const [queries, width] = net.shape(query)
  const [tokens, both] = net.shape(keyValue)
  checkShape(name, [tokens, both], [tokens, 2 * width])
  if (width % heads !== 0) {
    throw new ArgumentError(`A width of ${width} can't be divided among ${heads} heads.`)
  }
  const output = net.value(name, [queries, width])
  const weights = net.value(`${name}.weights`, [heads * queries, tokens])
  net.push({ op: 'attention', query, keyValue, output, weights, heads })
  return output
}
