import type { Op } from './ops/operations.ts'
import type { Value, ValueId, Weight } from './values.ts'

/**
 * A Program is a model as a short list of tensor operations in static single assignment form: every operation
 * defines new values. It describes the computation for one image or text; backends run it for any number of
 * them.
 */
export interface Program {
  readonly values: readonly Value[]
  readonly weights: readonly Weight[]
  readonly ops: readonly Op[]
  /** The inputs of a run by name. Images are `[height * width, channels]`. */
  readonly inputs: Readonly<Record<string, ValueId>>
  /** The outputs of a run by name. */
  readonly outputs: Readonly<Record<string, ValueId>>
}
