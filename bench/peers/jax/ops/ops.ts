import { withoutMerging } from '../../../../src/program/no-merging.ts'
import type { Op, OpName, OpOf } from '../../../../src/program/ops/operations.ts'
import type { JaxArray } from '../jax-js.ts'
import type { Lowering, LowerOp } from '../lowering.ts'
import { attention } from './attention.ts'
import { constant } from './constant.ts'
import { conv2d } from './conv2d.ts'
import { glu } from './glu.ts'
import { groupNorm } from './group-norm.ts'
import { layerNorm } from './layer-norm.ts'
import { linear } from './linear.ts'
import { maxPool } from './max-pool.ts'
import { meanRows } from './mean-rows.ts'
import { rmsNorm } from './rms-norm.ts'
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
  layer_norm: layerNorm,
  linear,
  attention,
  rope,
  rows,
  mean_rows: meanRows,
  transpose,
  glu,
  constant,
  rms_norm: rmsNorm,
  match_tokens: withoutMerging('jax-js'),
  merge_tokens: withoutMerging('jax-js'),
}

/** Traces an operation and returns its output. */
export function lowerOp(op: Op, lowering: Lowering): JaxArray {
  return (ops[op.op] as LowerOp<Op>)(op, lowering)
}
