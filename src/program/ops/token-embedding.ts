import { ArgumentError } from '../../errors.ts'
import type { ValueId, WeightId } from '../values.ts'
import { checkShape } from './check-shape.ts'
import type { Operation, Writer } from './operation.ts'

/**
 * The embedding of a text: for every token its row of the table, plus the row of its position, plus a row that all
 * tokens share (BERT's embedding of the first segment).
 */
export interface TokenEmbedding {
  readonly op: 'token_embedding'
  /** `[tokens, 1]`, i32. The caller checks that each is a row of the table. */
  readonly ids: ValueId
  readonly output: ValueId
  /** `[vocabulary, width]` */
  readonly table: WeightId
  /** `[positions, width]`; the first ones are used. */
  readonly position: WeightId
  /** `[1, width]` */
  readonly segment: WeightId | undefined
}

export const tokenEmbeddingOperation: Operation<TokenEmbedding> = {
  op: 'token_embedding',
  reads: ['ids'],
  makes: ['output'],
  weights: { table: 'tokens', position: 'tokens', segment: 'tokens' },
}

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
