import { joinBytes } from '../../bytes/join.ts'
import { ArgumentError } from '../../errors.ts'
import type { TensorInfo } from '../checkpoint.ts'
import { dtypeNames, maxHeaderBytes } from '../read/safetensors/header.ts'
import { byteLength, dataOf, duplicate, type TensorToWrite } from './tensor.ts'

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
  for (const tensor of tensors) yield await dataOf(tensor)
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
      throw duplicate(tensor.name)
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

/** All chunks of a stream as one array, for small files. */
export async function collectBytes(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const kept: Uint8Array[] = []
  for await (const chunk of chunks) kept.push(chunk)
  return joinBytes(kept)
}
