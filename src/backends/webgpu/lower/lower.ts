import type { Program } from '../../../program/program.ts'
import type { Layout } from './layout.ts'
import { valueLayouts } from './layouts.ts'
import { Lowering, type LowerOptions } from './lowering.ts'
import { lowerOf } from './ops/ops.ts'
import type { Step } from './step.ts'

export interface Lowered {
  readonly steps: readonly Step[]
  /** The layout of every value of the program, then of those that only steps use. */
  readonly layouts: readonly Layout[]
}

/** Lowers a program to dispatches; an encoder block takes seven. */
export function lower(program: Program, options: LowerOptions): Lowered {
  const layouts = valueLayouts(program, options.kernels)
  const lowering = new Lowering(program, layouts, options)
  const steps: Step[] = []
  for (const op of lowering.ops()) {
    const label = `${op.op} ${program.values[op.output]!.name}`
    steps.push(
      ...lowerOf(op)
        .lower(op, lowering)
        .map((step) => ({ label, ...step })),
    )
  }
  return { steps, layouts }
}
