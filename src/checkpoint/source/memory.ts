import { FormatError, SourceError } from '../../errors.ts'
import type { RandomAccessFile } from '../../platform/platform.ts'
import { chunkBytes } from '../buffers.ts'
import type { ByteSource } from './source.ts'

/** Throws where a read would go past the end: the headers promise more than there is. */
function checkRange(name: string, size: number, offset: number, length: number): void {
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
    async close() {},
  }
}

/**
 * A file of the platform. Small tensors lie in rows: what is read piece by piece, into a buffer, is read
 * some way ahead, as every call costs as much as reading a hundred kilobytes.
 */
export function fileSource(file: RandomAccessFile, name: string): ByteSource {
  let ahead = { start: 0, bytes: new Uint8Array(0) }
  let store: Uint8Array | undefined
  let busy = false

  async function lookAhead(offset: number): Promise<void> {
    busy = true
    ahead = { start: 0, bytes: new Uint8Array(0) }
    try {
      store ??= new Uint8Array(chunkBytes)
      const bytes = await file.read(offset, Math.min(chunkBytes, file.size - offset), store)
      ahead = { start: offset, bytes: bytes as Uint8Array<ArrayBuffer> }
    } finally {
      busy = false
    }
  }

  return {
    name,
    size: file.size,
    async read(offset, length, _signal, buffer) {
      checkRange(name, file.size, offset, length)
      if (!buffer || length >= chunkBytes || busy) return file.read(offset, length, buffer)
      const { start, bytes } = ahead
      const inside = offset >= start && offset + length <= start + bytes.length
      if (!inside) await lookAhead(offset)
      const from = offset - ahead.start
      buffer.set(ahead.bytes.subarray(from, from + length))
      return buffer.subarray(0, length)
    },
    measure: async () => file.size,
    release() {},
    close: () => file.close(),
  }
}
