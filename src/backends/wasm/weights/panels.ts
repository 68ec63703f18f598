import type { Region } from '../../backend.ts'
import type { Kernels } from '../builds/kernels.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'

/** Weights pass through here on their way from a file into panels. */
export const STAGING_FLOATS = 1 << 18

/** A memory, and kernels that run over it. */
export interface KernelInstance {
  readonly linear: LinearMemory
  readonly kernels: Kernels
}

/**
 * Values of a region, no more than there is staging, to their places in the panels of f32 at `address`.
 * @param inner rows that a panel has
 */
export function intoPanels(
  { linear, kernels }: KernelInstance,
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
