import type { Op, OpName, OpOf } from '../../../../program/ops/operations.ts'
import { attention } from './attention.ts'
import { layerNorm } from './layer-norm.ts'
import { linear } from './linear.ts'
import type { LowerOp } from './lower-op.ts'
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

/** How an operation is lowered to dispatches. */
export const lowerOf = (op: Op) => ops[op.op] as LowerOp<Op>
