import { onlyInput } from '../../../src/backends/inputs.ts'
import { lastUses } from '../../../src/program/lifetimes.ts'
import type { Program } from '../../../src/program/program.ts'
import { outputOf } from '../../cases/case.ts'
import type { Jax, JaxArray } from './jax-js.ts'
import { Lowering } from './lowering.ts'
import { lowerOp } from './ops/ops.ts'

/**
 * A program as a function of its input (of its patches, where it has some, see `jaxPatches`) and of
 * its weights, as `jit` wants it. The function ends all references that it is given.
 */
export function jaxForward(jax: Jax, program: Program) {
  const last = lastUses(program)
  const { id: inputId } = onlyInput(program)
  const { id: outputId } = outputOf(program)

  return (input: JaxArray, weights: readonly JaxArray[]): JaxArray => {
    const lowering = new Lowering(jax, program, weights)
    lowering.define(inputId, input)
    for (const [i, op] of program.ops.entries()) {
      lowering.define(op.output, lowerOp(op, lowering))
      for (const id of last[i]!) lowering.take(id).dispose()
    }
    for (const array of weights) array.dispose()
    return lowering.take(outputId)
  }
}
