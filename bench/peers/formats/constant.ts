/**
 * What a model file holds. The bytes are made when they are written, so that a large model's
 * rearranged weights are in memory one at a time.
 */
export interface Data {
  /** In bytes. */
  readonly size: number
  readonly make: () => Uint8Array
}

/** Bytes that are there already. */
export function ready(bytes: Uint8Array): Data {
  return { size: bytes.byteLength, make: () => bytes }
}

export function elements(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1)
}
