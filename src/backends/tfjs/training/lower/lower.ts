import { lastUsesOf } from '../../../../program/lifetimes.ts'
import {
  type TrainingOp,
  type TrainingProgram,
  trainingOperationOf,
} from '../../../../program/training/operations.ts'
import type { ValueId, WeightId } from '../../../../program/values.ts'
import type { Dialect } from '../../dialects.ts'
import { type Step, stepOf } from '../../lower/lower.ts'
import { Lowering } from '../../lower/lowering.ts'
import type { Tensor, Tfjs } from '../../tf.ts'
import { lowerTrainingOp } from './ops/ops.ts'

/**
 * Lowers a program of training to TensorFlow.js calls, as `lower` does. The values of its updates are kept to the end.
 * @throws UnsupportedError where it has an operation that is not written for TensorFlow.js
 */
export function lowerTraining(
  tf: Tfjs,
  dialect: Dialect,
  program: TrainingProgram,
  weight: (id: WeightId) => Tensor,
  images: number,
): Step[] {
  const lowering = new Lowering(tf, dialect, program, weight, images)
  const kept = [...Object.values(program.outputs), ...program.updates.map(({ value }) => value)]
  const last = lastUsesOf(program.ops, kept, (op) => {
    const { reads, makes } = trainingOperationOf(op)
    return [...idsOf(op, reads), ...idsOf(op, makes)].flatMap((id) => id ?? [])
  })
  return program.ops.map((op, i) => {
    const makes = idsOf(op, trainingOperationOf(op).makes)
    const main = makes.find((id) => id !== undefined)!
    const label = `${op.op} ${program.values[main]!.name}`
    return stepOf(tf, label, lowerTrainingOp(op, lowering), makes, last[i]!)
  })
}

const idsOf = (op: TrainingOp, fields: readonly PropertyKey[]): (ValueId | undefined)[] =>
  fields.map((field) => (op as unknown as Record<PropertyKey, ValueId | undefined>)[field])
