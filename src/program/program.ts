import type { Op } from './ops/operations.ts'
import type { Value, ValueId, Weight } from './values.ts'

/**
 * A Program is a model as a short list of tensor operations, in static single assignment: every
 * operation makes new values. It says what is computed for one image or one text, not how; backends
 * run it, for any number of them.
 */
export interface Program {
  readonly values: readonly Value[]
  readonly weights: readonly Weight[]
  readonly ops: readonly Op[]
  /** What a run is given, by name. Images are `[height * width, channels]`. */
  readonly inputs: Readonly<Record<string, ValueId>>
  /** What a run returns, by name. */
  readonly outputs: Readonly<Record<string, ValueId>>
}
