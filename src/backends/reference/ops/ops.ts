import type { Op, OpName, OpOf } from '../../../program/ops/operations.ts'
import type { Matrix } from '../matrix.ts'
import { attention } from './attention.ts'
import type { Compute, Operands } from './compute.ts'
import { constant } from './constant.ts'
import { conv2d } from './conv2d.ts'
import { glu } from './glu.ts'
import { groupNorm } from './group-norm.ts'
import { layerNorm } from './layer-norm.ts'
import { linear } from './linear.ts'
import { matchTokens } from './match-tokens.ts'
import { maxPool } from './max-pool.ts'
import { meanRows } from './mean-rows.ts'
import { mergeTokens } from './merge-tokens.ts'
import { rmsNorm } from './rms-norm.ts'
import { rope } from './rope.ts'
import { rows } from './rows.ts'
import { tokenEmbedding } from './token-embedding.ts'
import { tokens } from './tokens.ts'
import { transpose } from './transpose.ts'

const ops: { readonly [Name in OpName]: Compute<OpOf<Name>> } = {
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
  match_tokens: matchTokens,
  merge_tokens: mergeTokens,
}

/** Computes the outputs of an operation, in the order of its `makes`. */
export function compute(op: Op, operands: Operands): readonly Matrix[] {
  return (ops[op.op] as Compute<Op>)(op, operands)
}
