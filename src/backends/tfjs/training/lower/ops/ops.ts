import { UnsupportedError } from '../../../../../errors.ts'
import type { Op } from '../../../../../program/ops/operations.ts'
import {
  type TrainingOp,
  type TrainingOpName,
  type TrainingOpOf,
  trainingOperations,
} from '../../../../../program/training/operations.ts'
import type { Lowering } from '../../../lower/lowering.ts'
import { lowerOp } from '../../../lower/ops/ops.ts'
import type { ComputeTraining, LowerTrainingOp } from '../lowering.ts'
import { activate, activateBackward, add } from './activation.ts'
import { attentionBackward } from './attention.ts'
import { conv2dBackward } from './conv2d.ts'
import { crossEntropy } from './cross-entropy.ts'
import { gluBackward } from './glu.ts'
import { groupNormBackward } from './group-norm.ts'
import { linearBackward } from './linear.ts'
import { maxPoolBackward } from './max-pool.ts'
import { layerNormBackward, rmsNormBackward } from './norm.ts'
import { meanRowsBackward, rowsBackward, tokensBackward } from './rows.ts'
import { standardize, standardizeBackward } from './standardize.ts'

/** All but `token_embedding_backward`, of text towers: not every backend of TensorFlow.js adds rows up by an index. */
const ops: { readonly [Name in TrainingOpName]?: LowerTrainingOp<TrainingOpOf<Name>> } = {
  activate,
  activate_backward: activateBackward,
  add,
  attention_backward: attentionBackward,
  conv2d_backward: conv2dBackward,
  cross_entropy: crossEntropy,
  group_norm_backward: groupNormBackward,
  layer_norm_backward: layerNormBackward,
  linear_backward: linearBackward,
  max_pool_backward: maxPoolBackward,
  mean_rows_backward: meanRowsBackward,
  rows_backward: rowsBackward,
  standardize,
  standardize_backward: standardizeBackward,
  tokens_backward: tokensBackward,
  glu_backward: gluBackward,
  rms_norm_backward: rmsNormBackward,
}

/**
 * Lowers an operation of a program that is trained.
 * @throws UnsupportedError where it is not written for TensorFlow.js
 */
export function lowerTrainingOp(op: TrainingOp, lowering: Lowering): ComputeTraining {
  if (!Object.hasOwn(trainingOperations, op.op)) return lowerOp(op as Op, lowering)
  const own = (ops as Readonly<Record<string, LowerTrainingOp<TrainingOp>>>)[op.op]
  if (own) return own(op, lowering)
  throw new UnsupportedError(
    `TensorFlow.js does not compute ${op.op} here; train this model with the backend wasm.`,
  )
}
