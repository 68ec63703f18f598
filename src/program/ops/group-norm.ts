import type { ValueId, WeightId } from '../values.ts'
import type { Operation } from './operation.ts'

/**
 * Divides the columns into groups and normalises each group, over all rows, to mean 0 and variance 1; then scales and
 * shifts each column (Wu and He 2018), adds the residual and applies the activation:
 * `activation(normal * scale + bias + residual)`.
 */
export interface GroupNorm {
  readonly op: 'group_norm'
  readonly input: ValueId
  readonly output: ValueId
  readonly scale: WeightId
  readonly bias: WeightId
  readonly residual: ValueId | undefined
  readonly groups: number
  readonly eps: number
  readonly activation: 'none' | 'relu'
}

export const groupNormOperation: Operation<GroupNorm> = {
  op: 'group_norm',
  reads: ['input', 'residual'],
  makes: ['output'],
  weights: { scale: 'vector', bias: 'vector' },
}
