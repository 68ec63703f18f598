import { FormatError, SourceError } from '../../errors.ts'
import type { ByteSource } from './source.ts'

/** Throws where a read would go past the end: the headers promise more than there is. */
export function checkRange(name: string, size: number, offset: number, length: number): void {
  if (offset < 0 || length < 0 || offset + length > size) {
    throw new FormatError(
      `${name} is truncated: bytes ${offset} to ${offset + length} are expected, it has ${size}.`,
    )
  }
}

/** Bytes in memory; nothing is copied. */
export function bytesSource(bytes: Uint8Array, name = 'the given buffer'): ByteSource {
  return {
    name,
    size: bytes.length,
    async read(offset, length) {
      checkRange(name, bytes.length, offset, length)
      return bytes.subarray(offset, offset + length)
    },
    measure: async () => bytes.length,
    release() {},
    async close() {},
  }
}

/** A `Blob` or `File`, read slice by slice. */
export function blobSource(blob: Blob): ByteSource {
  const name = blob instanceof File ? blob.name : 'the given Blob'
  return {
    name,
    size: blob.size,
    async read(offset, length) {
      checkRange(name, blob.size, offset, length)
      try {
        return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer())
      } catch (cause) {
        throw new SourceError(`Can't read ${name}: ${(cause as Error).message}`, { cause })
      }
    },
    measure: async () => blob.size,
    release() {},
    share: () => blobSource(blob),
    async close() {},
  }
}
