import { UnsupportedError } from '../../../../../errors.ts'
import type { Op } from '../../../../../program/ops/operations.ts'
import {
  type TrainingOp,
  type TrainingOpName,
  type TrainingOpOf,
  trainingOperations,
} from '../../../../../program/training/operations.ts'
import { lowerOf } from '../../../lower/ops/ops.ts'
import type { Step } from '../../../lower/step.ts'
import type { LowerTrainingOp, TrainingLowering } from '../lowering.ts'
import { attentionBackward } from './attention.ts'
import { conv2dBackward } from './conv2d.ts'
import { crossEntropy } from './cross-entropy.ts'
import { gluBackward } from './glu.ts'
import { linearBackward } from './linear.ts'
import { normBackward } from './norm.ts'
import { activate, activateBackward, add } from './pointwise.ts'
import { meanRowsBackward, rowsBackward, tokensBackward } from './rows.ts'

/** Those of ViTs and Mixers; what only hybrids and text towers have is missing. */
const ops: { readonly [Name in TrainingOpName]?: LowerTrainingOp<TrainingOpOf<Name>> } = {
  activate,
  activate_backward: activateBackward,
  add,
  attention_backward: attentionBackward,
  conv2d_backward: conv2dBackward,
  cross_entropy: crossEntropy,
  layer_norm_backward: normBackward,
  linear_backward: linearBackward,
  mean_rows_backward: meanRowsBackward,
  rows_backward: rowsBackward,
  tokens_backward: tokensBackward,
  glu_backward: gluBackward,
  rms_norm_backward: normBackward,
}

/**
 * Lowers an operation of a program that is trained.
 * @throws UnsupportedError where it has no kernels
 */
export function lowerTrainingOp(
  op: TrainingOp,
  lowering: TrainingLowering,
): readonly Omit<Step, 'label'>[] {
  if (!Object.hasOwn(trainingOperations, op.op)) return lowerOf(op as Op).lower(op as Op, lowering)
  const own = (ops as Readonly<Record<string, LowerTrainingOp<TrainingOp>>>)[op.op]
  if (own) return own(op, lowering)
  throw new UnsupportedError(
    `WebGPU does not compute ${op.op} yet; train this model with the backend wasm.`,
  )
}
