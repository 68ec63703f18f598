import type { Packing } from '../../../lower/packing.ts'
import type { TrainingLowering } from '../lowering.ts'

/** Writes the records of an operation of training. */
export type LowerTrainingOp<O> = (op: O, lowering: TrainingLowering, packing: Packing) => void
