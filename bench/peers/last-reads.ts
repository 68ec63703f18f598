import { inputsOf } from '../../src/program/access.ts'
import type { Program, ValueId } from '../../src/program/program.ts'
import { outputOf } from '../cases/case.ts'

/**
 * For every op, the values that nobody reads after it, so that an engine may free them there. The
 * program's output is never among them.
 */
export function lastReads(program: Program): ValueId[][] {
  const read = new Set([outputOf(program).id])
  return program.ops
    .toReversed()
    .map((op) => {
      const last = [...new Set(inputsOf(op))].filter((id) => !read.has(id))
      for (const id of last) read.add(id)
      return last
    })
    .reverse()
}
