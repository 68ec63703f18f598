/** Bytes per wasm page. */
export const PAGE = 65536

/** The range of 32-bit addresses. */
export const MAX_BYTES = 4 * 1024 ** 3

/** The kernels' constants lie below this address, everything else above. */
export const CONTROL = PAGE

/** Rounds a count of floats up to whole cache lines, so that every row starts on one. */
export function padFloats(count: number): number {
  return Math.ceil(count / 16) * 16
}

/** Bytes from one row of a value to the next. */
export function rowStride(columns: number): number {
  return padFloats(columns) * 4
}
