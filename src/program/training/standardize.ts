import type { Operation } from '../ops/operation.ts'
import type { ValueId, WeightId } from '../values.ts'

/**
 * Weight standardisation (Qiao et al. 2019): each column of a kernel to mean 0 and deviation 1. The epsilon is added to
 * the standard deviation, or to the variance.
 */
export interface Standardize {
  readonly op: 'standardize'
  readonly kernel: WeightId
  readonly output: ValueId
  readonly eps: number
  readonly epsOn: 'deviation' | 'variance'
}

export const standardizeOperation: Operation<Standardize> = {
  op: 'standardize',
  reads: [],
  makes: ['output'],
  weights: { kernel: 'kernel' },
}

/** Of standardisation: the gradient of the kernel by that of the standardised one. */
export interface StandardizeBackward {
  readonly op: 'standardize_backward'
  readonly kernel: WeightId
  /** A weight, since it is the sum over all images of a step. */
  readonly outputGradient: WeightId
  readonly kernelGradient: ValueId
  readonly eps: number
  readonly epsOn: Standardize['epsOn']
}

export const standardizeBackwardOperation: Operation<StandardizeBackward> = {
  op: 'standardize_backward',
  reads: [],
  makes: ['kernelGradient'],
  weights: { kernel: 'kernel', outputGradient: 'kernel' },
}
