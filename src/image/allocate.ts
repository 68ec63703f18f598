import { MemoryError } from '../errors.ts'

/** Allocates pixels. Throws a `MemoryError` if memory is short. */
export function allocate(bytes: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes)
  } catch (cause) {
    throw new MemoryError(`There is not enough memory for an image of ${bytes} bytes.`, { cause })
  }
}
