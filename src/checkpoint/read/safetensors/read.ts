import { ArgumentError, FormatError, LimitError } from '../../../errors.ts'
import type { CheckpointFile, OpenOptions } from '../../checkpoint.ts'
import { type ByteSource, readChunks } from '../../source/source.ts'
import { Buffers } from '../buffers.ts'
import { decodeValues } from '../decode.ts'
import { headerLength, parseHeader, type StoredTensor } from './header.ts'

/** It can be read in every way. */
export type SafetensorsFile = Required<CheckpointFile>

/**
 * Opens a safetensors file: 8 bytes of header length, a JSON header, the tensors' bytes.
 * @throws FormatError, UnsupportedError, LimitError
 */
export async function openSafetensors(
  source: ByteSource,
  maxBytes: number,
  { signal }: OpenOptions,
): Promise<SafetensorsFile> {
  const length = headerLength(await source.read(0, 8, signal), source.size, source.name)
  const { tensors, metadata, dataBytes } = parseHeader(
    await source.read(8, length, signal),
    source.name,
  )
  if (dataBytes > maxBytes) {
    throw new LimitError(
      `${source.name} declares ${dataBytes} bytes of tensors; the limit (maxBytes) is ${maxBytes}.`,
    )
  }
  const dataStart = 8 + length
  const fileEnd = dataStart + dataBytes
  checkEnd(source, fileEnd)
  source.release(0, dataStart)

  const buffers = new Buffers()
  async function* read<Block>(
    { begin, end }: StoredTensor,
    signal: AbortSignal | undefined,
    decode: (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Block>,
  ): AsyncGenerator<Block> {
    const chunks = readChunks(source, dataStart + begin, dataStart + end, signal, buffers)
    yield* decode(chunks)
    // The size of a stream shows only at its end.
    if (dataStart + end === fileEnd && source.size === undefined) {
      await source.measure(signal)
      checkEnd(source, fileEnd)
    }
  }

  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]))
  const find = (name: string): StoredTensor => {
    const tensor = byName.get(name)
    if (!tensor) throw new ArgumentError(`${source.name} has no tensor ${JSON.stringify(name)}.`)
    return tensor
  }
  return {
    format: 'safetensors',
    name: source.name,
    tensors: byName,
    metadata,
    read(name, options) {
      const tensor = find(name)
      const decode = (chunks: AsyncIterable<Uint8Array>) =>
        decodeValues(chunks, tensor.dtype, false, buffers)
      return read(tensor, options?.signal, decode)
    },
    readInt8(name, options) {
      const tensor = find(name)
      if (tensor.dtype !== 'i8') {
        throw new ArgumentError(`${name} in ${source.name} is ${tensor.dtype}, not i8.`)
      }
      return read(tensor, options?.signal, asInt8)
    },
    locate: (name) => ({ source, offset: dataStart + find(name).begin }),
    close: () => source.close(),
  }
}

async function* asInt8(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Int8Array> {
  for await (const { buffer, byteOffset, length } of chunks) {
    yield new Int8Array(buffer, byteOffset, length)
  }
}

function checkEnd(source: ByteSource, expected: number): void {
  if (source.size === undefined || source.size === expected) return
  throw new FormatError(
    source.size < expected
      ? `${source.name} is truncated: it has ${source.size} of ${expected} bytes.`
      : `${source.name} has ${source.size - expected} bytes behind its last tensor.`,
  )
}
