import type { ValueId } from '../../../../program/values.ts'
import type { Lowering } from '../lowering.ts'
import type { Step } from '../step.ts'

/** How an operation becomes dispatches. */
export interface LowerOp<O> {
  /**
   * The values that stay in f32 where products read f16.
   * @param isFull whether a value that the operation makes has to be in f32
   */
  full(op: O, isFull: (id: ValueId) => boolean): readonly ValueId[]
  /** Whether it reads an image without padding between its rows; see layout.ts. */
  readonly readsDense?: true
  lower(op: O, lowering: Lowering): readonly Omit<Step, 'label'>[]
}
