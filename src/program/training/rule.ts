import type { ValueId, WeightId } from '../values.ts'
import type { TrainingOp } from './operations.ts'

/** What a rule adds its operations to. */
export interface Gradients {
  /** A value for the gradient of another; undefined where nothing that is trained depends on that one. */
  like(value: ValueId): ValueId | undefined
  /** A value for the gradient of a weight, summed over the images of a run; undefined where the weight is frozen. */
  ofWeight(weight: WeightId | undefined): ValueId | undefined
  /** Adds to the gradient of a value; of no effect where nothing that is trained depends on it. */
  pass(value: ValueId, gradient: ValueId): void
  /** How many rows a value has. */
  rows(value: ValueId): number
  push(op: TrainingOp): void
}

/**
 * Turns the gradient of an operation's output into those of the values that it reads and of its weights.
 * @param outputGradient the shape of the output
 */
export type Rule<O> = (op: O, outputGradient: ValueId, net: Gradients) => void
