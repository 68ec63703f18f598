import { inflateExactly } from '../../bytes/inflate.ts'
import { Buffers } from '../../checkpoint/read/buffers.ts'
import { bytesSource } from '../../checkpoint/source/memory.ts'
import { type ByteSource, readChunks } from '../../checkpoint/source/source.ts'
import { FormatError, LimitError, MemoryError } from '../../errors.ts'

/** The largest archive that is unpacked into memory. */
const MOST = 2 ** 31
/** Deflate expands no further. */
const LARGEST_RATIO = 1032

/** Whether bytes begin as a gzip file does. */
export const isGzip = (start: Uint8Array): boolean => start[0] === 0x1f && start[1] === 0x8b

/**
 * Unpacks a gzip file into memory, where it can be read in any order. The packed source is closed.
 * @throws LimitError for more than 2 GiB, before they are allocated; FormatError for a damaged file
 */
export async function gunzip(packed: ByteSource, signal?: AbortSignal): Promise<ByteSource> {
  try {
    const size = await packed.measure(signal)
    if (size < 18) throw new FormatError(`${packed.name} is no gzip file: it has ${size} bytes.`)
    // The last four bytes are the unpacked size, modulo 2^32.
    const tail = await packed.read(size - 4, 4, signal)
    const unpacked = new DataView(tail.buffer, tail.byteOffset, 4).getUint32(0, true)
    if (unpacked > MOST) {
      throw new LimitError(
        `${packed.name} unpacks to ${unpacked} bytes, the limit is ${MOST}: unpack it, and pass the folder or the tar file.`,
      )
    }
    if (unpacked > size * LARGEST_RATIO) {
      throw new FormatError(`${packed.name} is damaged: ${size} bytes can't unpack to ${unpacked}.`)
    }
    const bytes = allocate(unpacked, packed.name)
    let at = 0
    const chunks = readChunks(packed, 0, size, signal, new Buffers())
    for await (const part of inflateExactly(chunks, unpacked, 'gzip', packed.name)) {
      bytes.set(part, at)
      at += part.length
    }
    return bytesSource(bytes, packed.name)
  } finally {
    await packed.close()
  }
}

function allocate(bytes: number, name: string): Uint8Array {
  try {
    return new Uint8Array(bytes)
  } catch (cause) {
    throw new MemoryError(`There is not enough memory to unpack ${name} to ${bytes} bytes.`, {
      cause,
    })
  }
}
