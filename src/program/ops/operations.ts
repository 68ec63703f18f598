import type { ValueId, WeightId } from '../values.ts'
import { attentionOperation } from './attention.ts'
import { constantOperation } from './constant.ts'
import { conv2dOperation } from './conv2d.ts'
import { gluOperation } from './glu.ts'
import { groupNormOperation } from './group-norm.ts'
import { layerNormOperation } from './layer-norm.ts'
import { linearOperation } from './linear.ts'
import { matchTokensOperation } from './match-tokens.ts'
import { maxPoolOperation } from './max-pool.ts'
import { meanRowsOperation } from './mean-rows.ts'
import { mergeTokensOperation } from './merge-tokens.ts'
import type { Operation } from './operation.ts'
import { rmsNormOperation } from './rms-norm.ts'
import { ropeOperation } from './rope.ts'
import { rowsOperation } from './rows.ts'
import { tokenEmbeddingOperation } from './token-embedding.ts'
import { tokensOperation } from './tokens.ts'
import { transposeOperation } from './transpose.ts'

/** Every operation. A backend that lacks one of these does not compile. */
export const operations = {
  conv2d: conv2dOperation,
  group_norm: groupNormOperation,
  max_pool: maxPoolOperation,
  token_embedding: tokenEmbeddingOperation,
  tokens: tokensOperation,
  layer_norm: layerNormOperation,
  linear: linearOperation,
  attention: attentionOperation,
  rope: ropeOperation,
  rows: rowsOperation,
  mean_rows: meanRowsOperation,
  transpose: transposeOperation,
  glu: gluOperation,
  constant: constantOperation,
  rms_norm: rmsNormOperation,
  match_tokens: matchTokensOperation,
  merge_tokens: mergeTokensOperation,
}

type Operations = typeof operations

/** The name of an operation. */
export type OpName = keyof Operations

/** An operation by its name: `OpOf<'linear'>` is `Linear`. */
export type OpOf<Name extends OpName> = Operations[Name] extends Operation<infer O> ? O : never

export type Op = { [Name in OpName]: OpOf<Name> }[OpName]

/** The description of an operation. */
export const operationOf = (op: Op) => operations[op.op] as unknown as Operation<Op>

const ids = (op: Op, fields: readonly PropertyKey[]): number[] =>
  fields.flatMap((field) => (op as unknown as Record<PropertyKey, number | undefined>)[field] ?? [])

/** The values that an operation reads. */
export const inputsOf = (op: Op): ValueId[] => ids(op, operationOf(op).reads)

/** The output values of an operation. */
export const outputsOf = (op: Op): ValueId[] => ids(op, operationOf(op).makes)

/** The weights that an operation uses. */
export const weightsOf = (op: Op): WeightId[] => ids(op, Object.keys(operationOf(op).weights))
