import type { Region } from '../../backend.ts'
import type { Kernels } from '../builds/kernels.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'

/** Weights pass through here on their way from a file into panels. */
export const STAGING_FLOATS = 1 << 18

/** A memory, and kernels that run over it. */
export interface Live {
  readonly linear: LinearMemory
  readonly kernels: Kernels
}

/** Memory that the kernels which quantise a panel want beside it. */
export const quantizingBytes = (rows: number) => Math.ceil((rows * 20) / 64) * 64 + 64

/**
 * Values of a region, no more than there is staging, to their places in the panels of f32 at `address`.
 * @param inner rows that a panel has
 */
export function intoPanels(
  { linear, kernels }: Live,
  staging: number,
  address: number,
  inner: number,
  { row, column, rows, columns, transposed }: Region,
  start: number,
  values: Float32Array,
): void {
  linear.floats(staging, values.length).set(values)
  const place = [row, column, rows, columns, Number(transposed)] as const
  kernels.packPanels(staging, values.length, address, inner, ...place, start)
}
