import type { Op, OpName, OpOf } from '../../../program/ops/operations.ts'
import type { Matrix } from '../matrix.ts'
import { attention } from './attention.ts'
import type { Compute, Operands } from './compute.ts'
import { layerNorm } from './layer-norm.ts'
import { linear } from './linear.ts'
import { meanRows } from './mean-rows.ts'
import { patchEmbed } from './patch-embed.ts'
import { rows } from './rows.ts'
import { tokens } from './tokens.ts'

const ops: { readonly [Name in OpName]: Compute<OpOf<Name>> } = {
  patch_embed: patchEmbed,
  tokens,
  layer_norm: layerNorm,
  linear,
  attention,
  rows,
  mean_rows: meanRows,
}

/** Computes the outputs of an operation, in the order of its `makes`. */
export function compute(op: Op, operands: Operands): readonly Matrix[] {
  return (ops[op.op] as Compute<Op>)(op, operands)
}
