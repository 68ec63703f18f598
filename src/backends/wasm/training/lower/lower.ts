import type { TrainingProgram } from '../../../../program/training/operations.ts'
import { type Lowered, lowered } from '../../lower/lower.ts'
import type { Addresses } from '../../lower/lowering.ts'
import { Packing } from '../../lower/packing.ts'
import { TrainingLowering } from './lowering.ts'
import { lowerTrainingOp } from './ops/ops.ts'

/** Lowers a program of training to a tape for a number of images; its updates happen during the run. */
export function lowerTraining(
  program: TrainingProgram,
  addresses: Addresses,
  images: number,
): Lowered {
  const lowering = new TrainingLowering(program, addresses, images)
  const packing = new Packing(lowering)
  for (const op of program.ops) lowerTrainingOp(op, lowering, packing)
  return lowered(program, lowering)
}
