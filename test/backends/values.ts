import * as assert from 'uvu/assert'
import type { Model } from '../../src/backends/backend.ts'
import { withOutputs } from '../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../src/program/passes/rows.ts'
import type { Program } from '../../src/program/program.ts'
import { writeRandomWeights } from '../random.ts'

function everyValue(program: Program): Program {
  return withOutputs(
    program,
    program.values.map(({ name }) => name),
  )
}

/**
 * All values of a program over random weights; then the pruned program of each output, which must
 * give the same bits.
 * @param sameWithin how far its values may be from those where other shapes sum in another order
 */
export async function runAll(
  model: Model,
  program: Program,
  pixels: Float32Array,
  sameWithin = 0,
): Promise<Record<string, Float32Array>> {
  writeRandomWeights(model, program.weights)
  const all = await model.compile(everyValue(program)).run({ pixels })
  for (const [output, id] of Object.entries(program.outputs)) {
    const pruned = withoutUnusedRows(withOutputs(program, [output]))
    const found = (await model.compile(pruned).run({ pixels }))[output]!
    const expected = all[program.values[id]!.name]!
    if (sameWithin === 0) assert.equal(found, expected, `pruned for ${output}`)
    else assert.ok(worst(found, expected) <= sameWithin, `pruned for ${output}`)
  }
  return all
}

/** The largest difference, relative to values above 1; NaN where one of both is. */
export function worst(found: Float32Array, expected: Float32Array): number {
  assert.is(found.length, expected.length)
  let error = 0
  for (let i = 0; i < found.length; i++) {
    const difference = Math.abs(found[i]! - expected[i]!) / Math.max(1, Math.abs(expected[i]!))
    if (!(difference <= error)) error = difference
  }
  return error
}
