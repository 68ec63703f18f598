import type { ValueId, WeightId } from '../values.ts'

/** What a rule adds operations to. */
export interface Gradients<O> {
  /** A value for the gradient of another; undefined where nothing that is trained depends on that one. */
  like(value: ValueId): ValueId | undefined
  /** A value for the gradient of a weight, summed over the images of a run; undefined where the weight is frozen. */
  ofWeight(weight: WeightId | undefined): ValueId | undefined
  /** Adds to the gradient of a value; of no effect where nothing that is trained depends on it. */
  pass(value: ValueId, gradient: ValueId): void
  /** How many rows a value has. */
  rows(value: ValueId): number
  push(op: O): void
}

/**
 * Turns the gradient of an operation's output into those of the values that it reads and of its weights.
 * @param outputGradient the shape of the output
 */
export type Rule<O, Added> = (op: O, outputGradient: ValueId, net: Gradients<Added>) => void
