import { inputsOf, outputsOf } from './access.ts'
import type { Program, ValueId } from './program.ts'

/**
 * For every op, the values that nobody reads after it, so that a backend may free them there: those
 * it is the last to read, and those it makes for nobody. The program's outputs are never among them.
 */
export function lastUses(program: Program): ValueId[][] {
  const used = new Set(Object.values(program.outputs))
  return program.ops
    .toReversed()
    .map((op) => {
      const last = [...new Set([...inputsOf(op), ...outputsOf(op)])].filter((id) => !used.has(id))
      for (const id of last) used.add(id)
      return last
    })
    .reverse()
}
