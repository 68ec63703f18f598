import { FormatError, SourceError } from '../../errors.ts'
import type { RandomAccessFile } from '../../platform/platform.ts'
import { chunkBytes } from '../read/buffers.ts'
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
  const nothing = { start: 0, bytes: new Uint8Array(0) }
  let ahead: { readonly start: number; readonly bytes: Uint8Array } = nothing
  let store: Uint8Array | undefined
  let busy = false

  /** Not while another reader waits for it. */
  async function readAhead(offset: number, length: number, into: Uint8Array): Promise<void> {
    const { start, bytes } = ahead
    if (offset < start || offset + length > start + bytes.length) {
      busy = true
      ahead = nothing
      try {
        store ??= new Uint8Array(chunkBytes)
        const most = Math.min(chunkBytes, file.size - offset)
        ahead = { start: offset, bytes: await file.read(offset, most, store) }
      } finally {
        busy = false
      }
    }
    // Copied before another read can overwrite the same buffer.
    into.set(ahead.bytes.subarray(offset - ahead.start, offset - ahead.start + length))
  }

  return {
    name,
    size: file.size,
    async read(offset, length, _signal, buffer) {
      checkRange(name, file.size, offset, length)
      if (!buffer || length >= chunkBytes || busy) return file.read(offset, length, buffer)
      await readAhead(offset, length, buffer)
      return buffer.subarray(0, length)
    },
    measure: async () => file.size,
    release() {},
    close: () => file.close(),
  }
}
