import type { Op, OpName, OpOf } from '../../../../program/ops/operations.ts'
import { attention } from './attention.ts'
import { constant } from './constant.ts'
import { conv2d } from './conv2d.ts'
import { glu } from './glu.ts'
import { groupNorm } from './group-norm.ts'
import { linear } from './linear.ts'
import type { LowerOp } from './lower-op.ts'
import { matchTokens } from './match-tokens.ts'
import { maxPool } from './max-pool.ts'
import { meanRows } from './mean-rows.ts'
import { mergeTokens } from './merge-tokens.ts'
import { norm } from './norm.ts'
import { rope } from './rope.ts'
import { rows } from './rows.ts'
import { tokenEmbedding } from './token-embedding.ts'
import { tokens } from './tokens.ts'
import { transpose } from './transpose.ts'

const ops: { readonly [Name in OpName]: LowerOp<OpOf<Name>> } = {
  conv2d,
  group_norm: groupNorm,
  max_pool: maxPool,
  token_embedding: tokenEmbedding,
  tokens,
  layer_norm: norm,
  linear,
  attention,
  rope,
  rows,
  mean_rows: meanRows,
  transpose,
  glu,
  constant,
  rms_norm: norm,
  match_tokens: matchTokens,
  merge_tokens: mergeTokens,
}

/** How an operation is lowered to dispatches. */
export const lowerOf = (op: Op) => ops[op.op] as LowerOp<Op>
