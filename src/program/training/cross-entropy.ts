import type { Operation } from '../ops/operation.ts'
import type { ValueId } from '../values.ts'

/**
 * The cross entropy of `softmax(logits)` and target probabilities, `-sum(targets * log(softmax(logits)))`, and its
 * gradient `(softmax(logits) * sum(targets) - targets) * weight`.
 */
export interface CrossEntropy {
  readonly op: 'cross_entropy'
  /** `[1, classes]` */
  readonly logits: ValueId
  /** `[1, classes]` */
  readonly targets: ValueId
  /** `[1, 1]` */
  readonly loss: ValueId
  readonly logitsGradient: ValueId
  /** The share of one image in the loss of a batch. */
  readonly weight: number
}

export const crossEntropyOperation: Operation<CrossEntropy> = {
  op: 'cross_entropy',
  reads: ['logits', 'targets'],
  makes: ['loss', 'logitsGradient'],
  weights: {},
}
