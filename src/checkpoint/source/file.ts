import type { RandomAccessFile } from '../../platform/platform.ts'
import { chunkBytes } from '../read/buffers.ts'
import { checkRange } from './memory.ts'
import type { ByteSource } from './source.ts'

/**
 * A file of the platform. Small tensors lie in rows: what is read piece by piece, into a buffer, is read
 * some way ahead, as every call costs as much as reading a hundred kilobytes.
 */
export function fileSource(file: RandomAccessFile, name: string): ByteSource {
  let readers = 0
  const close = async () => {
    if (--readers === 0) await file.close()
  }
  const open = (): ByteSource => {
    readers++
    return reader(file, name, open, close)
  }
  return open()
}

function reader(
  file: RandomAccessFile,
  name: string,
  share: () => ByteSource,
  close: () => Promise<void>,
): ByteSource {
  const nothing = { start: 0, bytes: new Uint8Array(0) }
  let ahead: { readonly start: number; readonly bytes: Uint8Array } = nothing
  let store: Uint8Array | undefined
  let busy = false
  let closing: Promise<void> | undefined

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
    share,
    ...(file.isUnchanged && { isUnchanged: () => file.isUnchanged!() }),
    close() {
      closing ??= close()
      return closing
    },
  }
}
