/** Bytes per wasm page. */
export const PAGE = 65536

/** All that 32-bit addresses reach. */
export const MAX_BYTES = 4 * 1024 ** 3

/** The kernels' constants lie below this address, the control block and all else above. */
export const CONTROL = PAGE

/** Rounds a count of floats up to whole cache lines, so that every row starts on one. */
export function padFloats(count: number): number {
  return Math.ceil(count / 16) * 16
}

/** Bytes from one row of a value to the next. */
export function rowStride(columns: number): number {
  return padFloats(columns) * 4
}

/** A run of bytes that is in use while records `from` to `to` (inclusive) run. */
export interface Interval {
  readonly bytes: number
  readonly from: number
  readonly to: number
}

/**
 * Gives each interval an offset so that no two that live at the same time overlap: the largest first,
 * each at the lowest place that is free. Returns the offsets and the bytes taken in all.
 */
export function place(intervals: readonly Interval[]): { offsets: number[]; bytes: number } {
  const offsets: number[] = new Array(intervals.length)
  const placed: number[] = []
  let bytes = 0
  const bySize = intervals
    .map((_, i) => i)
    .sort((a, b) => intervals[b]!.bytes - intervals[a]!.bytes)
  for (const i of bySize) {
    const { from, to, bytes: size } = intervals[i]!
    const neighbours = placed
      .filter((j) => intervals[j]!.from <= to && intervals[j]!.to >= from)
      .sort((a, b) => offsets[a]! - offsets[b]!)
    let offset = 0
    for (const j of neighbours) {
      if (offset + size <= offsets[j]!) break
      offset = Math.max(offset, offsets[j]! + intervals[j]!.bytes)
    }
    offsets[i] = offset
    placed.push(i)
    bytes = Math.max(bytes, offset + size)
  }
  return { offsets, bytes }
}
