import type { Op } from '../../../program/ops/operations.ts'
import type {
  TrainingOp,
  TrainingOpName,
  TrainingOpOf,
} from '../../../program/training/operations.ts'
import type { Matrix } from '../matrix.ts'
import type { Compute, Operands } from '../ops/compute.ts'
import { compute } from '../ops/ops.ts'
import { activate, activateBackward } from './activation.ts'
import { add } from './add.ts'
import { attentionBackward } from './attention.ts'
import { conv2dBackward } from './conv2d.ts'
import { crossEntropy } from './cross-entropy.ts'
import { gluBackward } from './glu.ts'
import { groupNormBackward } from './group-norm.ts'
import { linearBackward } from './linear.ts'
import { maxPoolBackward } from './max-pool.ts'
import { normBackward } from './norm.ts'
import { meanRowsBackward, rowsBackward } from './rows.ts'
import { standardize, standardizeBackward } from './standardize.ts'
import { tokenEmbeddingBackward, tokensBackward } from './tokens.ts'

const ops: { readonly [Name in TrainingOpName]: Compute<TrainingOpOf<Name>> } = {
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

/** Computes the outputs of an operation of training for one image, in the order of its `makes`. */
export function computeTraining(op: TrainingOp, operands: Operands): readonly Matrix[] {
  const own = (ops as Readonly<Record<string, Compute<TrainingOp>>>)[op.op]
  return own ? own(op, operands) : compute(op as Op, operands)
}
