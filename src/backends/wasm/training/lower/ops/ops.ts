import type { Op } from '../../../../../program/ops/operations.ts'
import type {
  TrainingOp,
  TrainingOpName,
  TrainingOpOf,
} from '../../../../../program/training/operations.ts'
import { lowerOp } from '../../../lower/ops/ops.ts'
import type { Packing } from '../../../lower/packing.ts'
import type { TrainingLowering } from '../lowering.ts'
import { activate, activateBackward, add } from './activation.ts'
import { attentionBackward } from './attention.ts'
import { conv2dBackward } from './conv2d.ts'
import { crossEntropy } from './cross-entropy.ts'
import { gluBackward } from './glu.ts'
import { groupNormBackward } from './group-norm.ts'
import { linearBackward } from './linear.ts'
import type { LowerTrainingOp } from './lower-op.ts'
import { maxPoolBackward } from './max-pool.ts'
import { normBackward } from './norm.ts'
import { meanRowsBackward, rowsBackward } from './rows.ts'
import { standardize, standardizeBackward } from './standardize.ts'
import { tokenEmbeddingBackward, tokensBackward } from './tokens.ts'

const ops: { readonly [Name in TrainingOpName]: LowerTrainingOp<TrainingOpOf<Name>> } = {
  activate,
  activate_backward: activateBackward,
  add,
  attention_backward: attentionBackward,
  conv2d_backward: conv2dBackward,
  cross_entropy: crossEntropy,
  group_norm_backward: groupNormBackward,
  layer_norm_backward: normBackward,
  linear_backward: linearBackward,
  max_pool_backward: maxPoolBackward,
  mean_rows_backward: meanRowsBackward,
  rows_backward: rowsBackward,
  standardize,
  standardize_backward: standardizeBackward,
  token_embedding_backward: tokenEmbeddingBackward,
  tokens_backward: tokensBackward,
  glu_backward: gluBackward,
  rms_norm_backward: normBackward,
}

/** Writes the records of an operation of a program that is trained. */
export function lowerTrainingOp(
  op: TrainingOp,
  lowering: TrainingLowering,
  packing: Packing,
): void {
  const own = (ops as Readonly<Record<string, LowerTrainingOp<TrainingOp>>>)[op.op]
  if (own) own(op, lowering, packing)
  else lowerOp(op as Op, lowering, packing)
}
