import { platform } from '#platform'
import { LimitError, MemoryError } from '../errors.ts'

/** Allocates pixels. Throws a `MemoryError` if memory is short. */
export function allocate(bytes: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes)
  } catch (cause) {
    throw new MemoryError(`There is not enough memory for an image of ${bytes} bytes.`, { cause })
  }
}

const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1)

/**
 * Throws a `LimitError` if decoding takes more memory than this runtime has for it.
 * @param bytes beside the file and what is made of its rows
 * @param what such as `progressive JPEG`
 * @param instead what takes less
 */
export function checkDecodingBytes(bytes: number, what: string, instead: string): void {
  const { decodingBytes: limit } = platform
  if (limit === undefined || bytes <= limit) return
  throw new LimitError(
    `Decoding this ${what} takes ${mebibytes(bytes)} MiB, and this runtime has ${mebibytes(limit)} for it. ` +
      `Scale the picture down, or save it as ${instead}.`,
  )
}
