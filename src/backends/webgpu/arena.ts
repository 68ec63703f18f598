import type { Program } from '../../program/program.ts'
import type { ValueId } from '../../program/values.ts'
import { type Storage, vectors } from './kernels/kernel.ts'
import type { Lowered, Step } from './lower.ts'

/** Which buffers the values of a forward pass share, and how large those are for one image. */
export interface Arena {
  /** Bytes of each buffer for one image. */
  readonly slots: readonly number[]
  /** The slot of each value that is in the pass. */
  readonly places: ReadonlyMap<ValueId, number>
}

export function valueBytes(program: Program, id: ValueId, storage: Storage): number {
  const [rows, columns] = program.values[id]!.shape
  return rows * 4 * vectors(columns) * (storage === 'f16' ? 2 : 4)
}

/**
 * Gives every value a buffer from its first use to its last. The pass's input and outputs keep theirs
 * to the end.
 */
export function arrange(program: Program, { steps, storages }: Lowered): Arena {
  const slots: number[] = []
  const free = new Set<number>()
  const places = new Map<ValueId, number>()
  const lasting = new Set([program.input, ...Object.values(program.outputs)])
  const lastUse = new Map<ValueId, number>()
  steps.forEach((step, i) => {
    for (const id of valuesOf(step)) lastUse.set(id, i)
  })
  take(program.input)
  for (const [i, step] of steps.entries()) {
    for (const id of step.makes) take(id)
    for (const id of new Set(valuesOf(step))) {
      if (lastUse.get(id) === i && !lasting.has(id)) free.add(places.get(id)!)
    }
  }
  return { slots, places }

  /** The smallest free buffer that is large enough; else the largest, enlarged; else another. */
  function take(id: ValueId): void {
    const bytes = valueBytes(program, id, storages[id]!)
    const bySize = [...free].sort((a, b) => slots[a]! - slots[b]!)
    const slot = bySize.find((slot) => slots[slot]! >= bytes) ?? bySize.at(-1) ?? slots.length
    free.delete(slot)
    slots[slot] = Math.max(slots[slot] ?? 0, bytes)
    places.set(id, slot)
  }
}

export const valuesOf = ({ operands }: Step): ValueId[] =>
  operands.flatMap((operand) => ('value' in operand ? [operand.value] : []))
