import { ArgumentError } from '../../errors.ts'
import type { TensorInfo } from '../checkpoint.ts'
import { elementCount, itemSize } from '../read/dtype.ts'
import { dtypeNames, maxHeaderBytes } from '../read/safetensors/header.ts'

/** A tensor to be written. Its bytes are made when their turn has come, and dropped then. */
export interface TensorToWrite extends TensorInfo {
  /** Little-endian, row-major. */
  data(): Uint8Array | Promise<Uint8Array>
}

/**
 * Writes a safetensors file as a stream of its bytes, in the order of the tensors given. Readers
 * that map the file want aligned tensors: give those of wider elements first.
 * @throws ArgumentError for a name that is used twice, or data of another length than the shape's
 */
export async function* writeSafetensors(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = {},
): AsyncGenerator<Uint8Array> {
  yield safetensorsHeader(tensors, metadata)
  for (const tensor of tensors) {
    const bytes = await tensor.data()
    const expected = byteLength(tensor)
    if (bytes.length !== expected) {
      throw new ArgumentError(
        `${tensor.name} has ${bytes.length} bytes; its shape needs ${expected}.`,
      )
    }
    yield bytes
  }
}

/**
 * What stands before the values, which follow in the order given.
 * @throws ArgumentError for a name that is used twice
 */
export function safetensorsHeader(
  tensors: readonly TensorInfo[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const names = Object.fromEntries(Object.entries(dtypeNames).map(([name, dtype]) => [dtype, name]))
  const entries = new Map<string, unknown>()
  if (Object.keys(metadata).length > 0) entries.set('__metadata__', metadata)
  let end = 0
  for (const tensor of tensors) {
    if (entries.has(tensor.name) || tensor.name === '__metadata__') {
      throw new ArgumentError(`There can't be a second tensor named ${tensor.name}.`)
    }
    const begin = end
    end += byteLength(tensor)
    entries.set(tensor.name, {
      dtype: names[tensor.dtype],
      shape: tensor.shape,
      data_offsets: [begin, end],
    })
  }
  let json = JSON.stringify(Object.fromEntries(entries))
  const unpadded = new TextEncoder().encode(json).length
  json += ' '.repeat((8 - (unpadded % 8)) % 8)
  const text = new TextEncoder().encode(json)
  if (text.length > maxHeaderBytes) {
    throw new ArgumentError(
      `A header of ${text.length} bytes is more than the ${maxHeaderBytes} that are read.`,
    )
  }
  const header = new Uint8Array(8 + text.length)
  new DataView(header.buffer).setBigUint64(0, BigInt(text.length), true)
  header.set(text, 8)
  return header
}

function byteLength({ name, shape, dtype }: TensorInfo): number {
  const count = elementCount(shape, dtype)
  if (count === undefined) throw new ArgumentError(`${name} has the shape [${shape.join(', ')}].`)
  return count * itemSize[dtype]
}

/** All chunks of a stream as one array, for small files. */
export async function collectBytes(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const kept: Uint8Array[] = []
  for await (const chunk of chunks) kept.push(chunk)
  const bytes = new Uint8Array(kept.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of kept) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
