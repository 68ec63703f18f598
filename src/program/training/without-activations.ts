import type { Op } from '../ops/operations.ts'
import type { Program } from '../program.ts'
import type { Value } from '../values.ts'
import type { Activate } from './activation.ts'

/** Divides linear layers with an activation in two, since its gradient needs what the activation is computed of. */
export function withoutActivations(program: Program): {
  readonly values: Value[]
  readonly ops: (Op | Activate)[]
} {
  const values = [...program.values]
  const ops = program.ops.flatMap((op): (Op | Activate)[] => {
    if (op.op !== 'linear' || op.activation === 'none') return [op]
    const { activation, residual, output } = op
    const { name, shape, type } = values[output]!
    const input = values.push({ name: `${name}.sums`, shape, type }) - 1
    return [
      { ...op, activation: 'none', residual: undefined, output: input },
      { op: 'activate', input, residual, output, activation },
    ]
  })
  return { values, ops }
}
