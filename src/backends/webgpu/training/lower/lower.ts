import type { Program } from '../../../../program/program.ts'
import {
  type TrainingOp,
  type TrainingProgram,
  trainingOperationOf,
} from '../../../../program/training/operations.ts'
import type { ValueId } from '../../../../program/values.ts'
import { vectors } from '../../kernels/kernel.ts'
import type { Layout } from '../../lower/layout.ts'
import type { Lowered } from '../../lower/lower.ts'
import type { LowerOptions } from '../../lower/lowering.ts'
import type { Step } from '../../lower/step.ts'
import { readsOf, TrainingLowering } from './lowering.ts'
import { lowerTrainingOp } from './ops/ops.ts'

/**
 * Lowers a program of training to dispatches, in f32. Gradients of weights are summed in the weights that they update.
 * @throws UnsupportedError where it has an operation that has no kernels
 */
export function lowerTraining(given: Program, options: LowerOptions): Lowered {
  const program = given as unknown as TrainingProgram
  const layouts = valueLayouts(program)
  const lowering = new TrainingLowering(program, layouts, options)
  const steps: Step[] = []
  for (const op of lowering.ops() as Generator<TrainingOp>) {
    const label = `${op.op} ${program.values[mainOutput(op)]!.name}`
    steps.push(...lowerTrainingOp(op, lowering).map((step) => ({ label, ...step })))
  }
  return { steps, layouts }
}

function mainOutput(op: TrainingOp): ValueId {
  const ids = op as unknown as Record<PropertyKey, ValueId | undefined>
  return trainingOperationOf(op).makes.flatMap((field) => ids[field] ?? [])[0]!
}

/** Rows are padded to whole vectors, except those of inputs that only convolutions read. */
function valueLayouts(program: TrainingProgram): Layout[] {
  const dense = new Set(Object.values(program.inputs))
  for (const op of program.ops) {
    if (op.op === 'conv2d' || op.op === 'conv2d_backward') continue
    for (const id of readsOf(op)) dense.delete(id)
  }
  return program.values.map(({ shape: [rows, columns] }, id) => {
    const stride = dense.has(id) ? columns : 4 * vectors(columns)
    return { storage: 'f32', stride, bytes: 4 * rows * stride }
  })
}
