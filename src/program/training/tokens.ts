import type { Operation } from '../ops/operation.ts'
import type { TokenEmbedding } from '../ops/token-embedding.ts'
import type { Tokens } from '../ops/tokens.ts'
import type { ValueId, WeightId } from '../values.ts'
import type { Rule } from './rule.ts'

/** Of prefix tokens and position embedding: the input's rows get theirs, prefix and position the sum over images. */
export interface TokensBackward {
  readonly op: 'tokens_backward'
  readonly outputGradient: ValueId
  readonly inputGradient: ValueId | undefined
  readonly prefixGradient: ValueId | undefined
  readonly positionGradient: ValueId | undefined
  /** Rows before those of the input. */
  readonly prefixRows: number
}

export const tokensBackwardOperation: Operation<TokensBackward> = {
  op: 'tokens_backward',
  reads: ['outputGradient'],
  makes: ['inputGradient', 'prefixGradient', 'positionGradient'],
  weights: {},
}

export const tokensRule: Rule<Tokens, TokensBackward> = (op, outputGradient, net) => {
  const { input, output, prefix, position } = op
  const inputGradient = net.like(input)
  const made = {
    inputGradient,
    prefixGradient: net.ofWeight(prefix),
    positionGradient: net.ofWeight(position),
  }
  if (Object.values(made).every((id) => id === undefined)) return
  const prefixRows = net.rows(output) - net.rows(input)
  net.push({ op: 'tokens_backward', outputGradient, ...made, prefixRows })
  if (inputGradient !== undefined) net.pass(input, inputGradient)
}

/** Of the embedding of a text: a row of the table gets the sum over its tokens. */
export interface TokenEmbeddingBackward {
  readonly op: 'token_embedding_backward'
  readonly ids: ValueId
  readonly outputGradient: ValueId
  readonly table: WeightId
  readonly tableGradient: ValueId | undefined
  readonly positionGradient: ValueId | undefined
  readonly segmentGradient: ValueId | undefined
}

export const tokenEmbeddingBackwardOperation: Operation<TokenEmbeddingBackward> = {
  op: 'token_embedding_backward',
  reads: ['ids', 'outputGradient'],
  makes: ['tableGradient', 'positionGradient', 'segmentGradient'],
  weights: { table: 'tokens' },
}

export const tokenEmbeddingRule: Rule<TokenEmbedding, TokenEmbeddingBackward> = (
  op,
  outputGradient,
  net,
) => {
  const { ids, table, position, segment } = op
  const made = {
    tableGradient: net.ofWeight(table),
    positionGradient: net.ofWeight(position),
    segmentGradient: net.ofWeight(segment),
  }
  if (Object.values(made).every((id) => id === undefined)) return
  net.push({ op: 'token_embedding_backward', ids, outputGradient, table, ...made })
}
