import { inputsOf, outputsOf } from './ops/operations.ts'
import type { Program } from './program.ts'
import type { ValueId } from './values.ts'

/**
 * For every operation, the values that can be freed after it: those it is the last to read, and outputs of it that
 * are never read. The program's outputs are never among them.
 */
export const lastUses = ({ ops, outputs }: Program): ValueId[][] =>
  lastUsesOf(ops, Object.values(outputs), (op) => [...inputsOf(op), ...outputsOf(op)])

/**
 * The same for operations of any kind.
 * @param kept values that are never freed
 * @param valuesOf what an operation reads and makes
 */
export function lastUsesOf<O>(
  ops: readonly O[],
  kept: readonly ValueId[],
  valuesOf: (op: O) => ValueId[],
): ValueId[][] {
  const used = new Set(kept)
  return ops
    .toReversed()
    .map((op) => {
      const last = [...new Set(valuesOf(op))].filter((id) => !used.has(id))
      for (const id of last) used.add(id)
      return last
    })
    .reverse()
}

/** A buffer's size, and the steps `from` to `to`, inclusive, during which it is live. */
export interface Lifetime {
  readonly bytes: number
  readonly from: number
  readonly to: number
}

/**
 * Places lifetimes in one memory so that no two overlap in both time and place: the largest first,
 * each at the lowest offset that is free.
 * @returns the offset of each, and the bytes of the memory
 */
export function placeInMemory(lifetimes: readonly Lifetime[]): {
  offsets: number[]
  bytes: number
} {
  const offsets: number[] = new Array(lifetimes.length)
  const placed: number[] = []
  let bytes = 0
  const bySize = lifetimes
    .map((_, i) => i)
    .sort((a, b) => lifetimes[b]!.bytes - lifetimes[a]!.bytes)
  for (const i of bySize) {
    const { from, to, bytes: size } = lifetimes[i]!
    const neighbours = placed
      .filter((j) => lifetimes[j]!.from <= to && lifetimes[j]!.to >= from)
      .sort((a, b) => offsets[a]! - offsets[b]!)
    let offset = 0
    for (const j of neighbours) {
      if (offset + size <= offsets[j]!) break
      offset = Math.max(offset, offsets[j]! + lifetimes[j]!.bytes)
    }
    offsets[i] = offset
    placed.push(i)
    bytes = Math.max(bytes, offset + size)
  }
  return { offsets, bytes }
}

/**
 * Places lifetimes in buffers, each of which holds one of them at a time. In the order of their
 * beginnings, each takes the smallest free buffer that is large enough; else the largest one, which
 * grows; else a new one.
 * @returns the buffer of each, and the bytes of every buffer
 */
export function placeInBuffers(lifetimes: readonly Lifetime[]): {
  places: number[]
  buffers: number[]
} {
  const places: number[] = new Array(lifetimes.length)
  const buffers: number[] = []
  /** The last step that uses each buffer so far. */
  const busyUntil: number[] = []
  const inOrder = lifetimes.map((_, i) => i).sort((a, b) => lifetimes[a]!.from - lifetimes[b]!.from)
  for (const i of inOrder) {
    const { bytes, from, to } = lifetimes[i]!
    const free = buffers
      .map((_, buffer) => buffer)
      .filter((buffer) => busyUntil[buffer]! < from)
      .sort((a, b) => buffers[a]! - buffers[b]!)
    const buffer = free.find((one) => buffers[one]! >= bytes) ?? free.at(-1) ?? buffers.length
    buffers[buffer] = Math.max(buffers[buffer] ?? 0, bytes)
    busyUntil[buffer] = to
    places[i] = buffer
  }
  return { places, buffers }
}
