import { withoutMerging } from '../no-merging.ts'
import type { Operation } from '../ops/operation.ts'
import { type Op, type OpName, type OpOf, operations } from '../ops/operations.ts'
import type { Program } from '../program.ts'
import type { ValueId, WeightId } from '../values.ts'
import { activateBackwardOperation, activateOperation, activateRule } from './activation.ts'
import { addOperation } from './add.ts'
import { attentionBackwardOperation, attentionRule } from './attention.ts'
import { constantRule } from './constant.ts'
import { conv2dBackwardOperation, conv2dRule } from './conv2d.ts'
import { crossEntropyOperation } from './cross-entropy.ts'
import { gluBackwardOperation, gluRule } from './glu.ts'
import { groupNormBackwardOperation, groupNormRule } from './group-norm.ts'
import { layerNormBackwardOperation, layerNormRule } from './layer-norm.ts'
import { linearBackwardOperation, linearRule } from './linear.ts'
import { maxPoolBackwardOperation, maxPoolRule } from './max-pool.ts'
import { rmsNormBackwardOperation, rmsNormRule } from './rms-norm.ts'
import { ropeRule } from './rope.ts'
import { meanRowsBackwardOperation, meanRowsRule, rowsBackwardOperation, rowsRule } from './rows.ts'
import type { Rule } from './rule.ts'
import { standardizeBackwardOperation, standardizeOperation } from './standardize.ts'
import {
  tokenEmbeddingBackwardOperation,
  tokenEmbeddingRule,
  tokensBackwardOperation,
  tokensRule,
} from './tokens.ts'
import { transposeRule } from './transpose.ts'

/** The operations that only training has. */
export const trainingOperations = {
  activate: activateOperation,
  activate_backward: activateBackwardOperation,
  add: addOperation,
  attention_backward: attentionBackwardOperation,
  conv2d_backward: conv2dBackwardOperation,
  cross_entropy: crossEntropyOperation,
  group_norm_backward: groupNormBackwardOperation,
  layer_norm_backward: layerNormBackwardOperation,
  linear_backward: linearBackwardOperation,
  max_pool_backward: maxPoolBackwardOperation,
  mean_rows_backward: meanRowsBackwardOperation,
  rows_backward: rowsBackwardOperation,
  standardize: standardizeOperation,
  standardize_backward: standardizeBackwardOperation,
  token_embedding_backward: tokenEmbeddingBackwardOperation,
  tokens_backward: tokensBackwardOperation,
  glu_backward: gluBackwardOperation,
  rms_norm_backward: rmsNormBackwardOperation,
}

type Operations = typeof trainingOperations

export type TrainingOpName = keyof Operations

/** An operation of training by its name. */
export type TrainingOpOf<Name extends TrainingOpName> =
  Operations[Name] extends Operation<infer O> ? O : never

/** An operation of a program that is trained. */
export type TrainingOp = Op | { [Name in TrainingOpName]: TrainingOpOf<Name> }[TrainingOpName]

/** The rule of every operation of the forward pass; one that lacks it does not compile. */
export const rules: { readonly [Name in OpName]: Rule<OpOf<Name>, TrainingOp> } & {
  readonly activate: typeof activateRule
} = {
  conv2d: conv2dRule,
  group_norm: groupNormRule,
  max_pool: maxPoolRule,
  token_embedding: tokenEmbeddingRule,
  tokens: tokensRule,
  layer_norm: layerNormRule,
  linear: linearRule,
  attention: attentionRule,
  rope: ropeRule,
  rows: rowsRule,
  mean_rows: meanRowsRule,
  transpose: transposeRule,
  glu: gluRule,
  constant: constantRule,
  rms_norm: rmsNormRule,
  match_tokens: withoutMerging('Training'),
  merge_tokens: withoutMerging('Training'),
  activate: activateRule,
}

/** What a weight is after a run. */
export interface Update {
  readonly weight: WeightId
  /** Of the weight's shape, and one for all images. */
  readonly value: ValueId
  /** Added to the weight, which else it replaces. */
  readonly adds: boolean
}

/** A Program with operations of training. Weights change only by its updates, when a run is done. */
export interface TrainingProgram extends Omit<Program, 'ops'> {
  readonly ops: readonly TrainingOp[]
  readonly updates: readonly Update[]
}

/** The description of an operation. */
export const trainingOperationOf = (op: TrainingOp) =>
  ({ ...operations, ...trainingOperations })[op.op] as unknown as Operation<TrainingOp>
