import type { Lowering } from '../lowering.ts'
import type { Packing } from '../packing.ts'

/** Writes the records of an operation. */
export type LowerOp<O> = (op: O, lowering: Lowering, packing: Packing) => void
