import { placeInBuffers } from '../../program/lifetimes.ts'
import type { Program } from '../../program/program.ts'
import type { ValueId } from '../../program/values.ts'
import type { Lowered } from './lower/lower.ts'
import { valuesOf } from './lower/step.ts'

/** The buffers that the values of a forward pass share. */
export interface Arena {
  /** Bytes of each buffer for one image. */
  readonly buffers: readonly number[]
  /** The buffer of each value in the pass. */
  readonly places: ReadonlyMap<ValueId, number>
}

/** Assigns every value a buffer from its first use to its last; inputs and outputs keep theirs to the end. */
export function arrange(program: Program, { steps, layouts }: Lowered): Arena {
  const first = new Map<ValueId, number>()
  const last = new Map<ValueId, number>()
  for (const id of Object.values(program.inputs)) first.set(id, -1)
  for (const [i, step] of steps.entries()) {
    for (const id of step.makes) first.set(id, i)
    for (const id of valuesOf(step)) last.set(id, i)
  }
  const ends = [...Object.values(program.inputs), ...Object.values(program.outputs)]
  for (const id of ends) last.set(id, steps.length)
  const ids = [...first.keys()]
  const { places, buffers } = placeInBuffers(
    ids.map((id) => ({ bytes: layouts[id]!.bytes, from: first.get(id)!, to: last.get(id)! })),
  )
  return { buffers, places: new Map(ids.map((id, i) => [id, places[i]!])) }
}
