import { ArgumentError } from '../../errors.ts'
import { checkShape } from '../ops/check-shape.ts'
import type { Writer } from '../ops/operation.ts'
import { type TokenEmbedding, tokenEmbeddingOperation } from '../ops/token-embedding.ts'
import type { ValueId } from '../values.ts'

export interface TokenEmbeddingOptions {
  vocabulary: number
  positions: number
  width: number
  segment?: boolean
}

/**
 * `[tokens, width]`. Weights: `NAME.table`, `NAME.position`, and `NAME.segment`.
 * @param ids `[tokens, 1]`, i32
 * @throws ArgumentError where there are more tokens than positions, or the ids are not one for each token
 */
export function tokenEmbedding(
  net: Writer<TokenEmbedding>,
  name: string,
  ids: ValueId,
  { vocabulary, positions, width, segment = false }: TokenEmbeddingOptions,
): ValueId {
  const [tokens] = net.shape(ids)
  checkShape(name, net.shape(ids), [tokens, 1])
  if (tokens > positions) {
    throw new ArgumentError(`${name}: there are ${positions} positions for ${tokens} tokens.`)
  }
  const { weights } = tokenEmbeddingOperation
  const output = net.value(name, [tokens, width])
  net.push({
    op: 'token_embedding',
    ids,
    output,
    table: net.weight(`${name}.table`, [vocabulary, width], weights.table!),
    position: net.weight(`${name}.position`, [positions, width], weights.position!),
    segment: segment ? net.weight(`${name}.segment`, [1, width], weights.segment!) : undefined,
  })
  return output
}
