import type { Writer } from '../ops/operation.ts'
import { type Tokens, tokensOperation } from '../ops/tokens.ts'
import type { ValueId } from '../values.ts'

/**
 * `[prefix + rows, columns]`. Weights: `prefix` and `position`.
 * @param learned false for positions that are a table, of zeros in models that have none
 */
export function tokens(
  net: Writer<Tokens>,
  name: string,
  input: ValueId,
  prefixCount: number,
  learned = true,
): ValueId {
  const [rows, columns] = net.shape(input)
  const { weights } = tokensOperation
  const prefix =
    prefixCount > 0 ? net.weight('prefix', [prefixCount, columns], weights.prefix!) : undefined
  const position = net.weight(
    'position',
    [prefixCount + rows, columns],
    learned ? weights.position! : 'table',
  )
  const output = net.value(name, [prefixCount + rows, columns])
  net.push({ op: 'tokens', input, output, prefix, position })
  return output
}
