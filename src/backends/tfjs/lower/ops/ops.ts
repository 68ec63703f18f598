import type { Op, OpName, OpOf } from '../../../../program/ops/operations.ts'
import type { Compute, Lowering, LowerOp } from '../lowering.ts'
import { attention } from './attention.ts'
import { layerNorm } from './layer-norm.ts'
import { linear } from './linear.ts'
import { meanRows } from './mean-rows.ts'
import { patchEmbed } from './patch-embed.ts'
import { rows } from './rows.ts'
import { tokens } from './tokens.ts'

const ops: { readonly [Name in OpName]: LowerOp<OpOf<Name>> } = {
  patch_embed: patchEmbed,
  tokens,
  layer_norm: layerNorm,
  linear,
  attention,
  rows,
  mean_rows: meanRows,
}

/** Lowers an operation. */
export function lowerOp(op: Op, lowering: Lowering): Compute {
  return (ops[op.op] as LowerOp<Op>)(op, lowering)
}
