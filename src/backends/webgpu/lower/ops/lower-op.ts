import type { ValueId } from '../../../../program/values.ts'
import type { Lowering } from '../lowering.ts'
import type { Step } from '../step.ts'

/** How an operation is lowered to dispatches. */
export interface LowerOp<O> {
  /**
   * The values that stay f32 in f16 mode.
   * @param isFull whether a value that the operation reads or makes must be f32
   */
  full(op: O, isFull: (id: ValueId) => boolean): readonly ValueId[]
  /** Whether it can read inputs without padding between their rows; see layouts.ts. */
  readonly readsDense?: true
  lower(op: O, lowering: Lowering): readonly Omit<Step, 'label'>[]
}
