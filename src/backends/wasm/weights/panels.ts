import type { Region } from '../../backend.ts'
import type { Kernels } from '../builds/instance.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'

/** The size of the staging buffer between a file and panels, in floats. */
export const STAGING_FLOATS = 1 << 18

/** Kernels instantiated over a memory. */
export interface KernelInstance {
  readonly linear: LinearMemory
  readonly kernels: Kernels
}

/** The scratch memory for quantising a panel, in bytes. */
export const quantizingBytes = (rows: number) => Math.ceil((rows * 20) / 64) * 64 + 64

/**
 * Copies values of a region, at most STAGING_FLOATS, into the f32 panels at `address`.
 * @param inner rows of a panel
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
