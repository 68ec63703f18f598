import { crc32 } from '../../bytes/crc32.ts'
import { ArgumentError } from '../../errors.ts'
import { npyHeader } from './npy.ts'
import { dataOf, duplicate, type TensorToWrite } from './tensor.ts'
import { directoryEnd, directoryEntry, localHeader, type StoredMember } from './zip.ts'

/**
 * Writes NumPy's `.npz` as a stream of its bytes, as `numpy.savez` does: a zip archive of `.npy` arrays, stored
 * without compression, in the order given. Sizes and checksums stand before the data, so one tensor at a time is in
 * memory. Zip64 records are written where a size or place needs them.
 * @param tensors of f32
 * @throws ArgumentError for another type, a name that is used twice, or data of another length than the shape's
 */
export async function* writeNpz(tensors: readonly TensorToWrite[]): AsyncGenerator<Uint8Array> {
  const names = new Set<string>()
  for (const { name, dtype } of tensors) {
    if (names.has(name)) throw duplicate(name)
    names.add(name)
    if (dtype !== 'f32') throw new ArgumentError(`${name} is ${dtype}; an .npz is written as f32.`)
  }
  const entries: Uint8Array[] = []
  let offset = 0
  for (const tensor of tensors) {
    const head = npyHeader(tensor.shape)
    const data = await dataOf(tensor)
    const member: StoredMember = {
      name: `${tensor.name}.npy`,
      crc: crc32(data, crc32(head)),
      size: head.length + data.length,
      offset,
    }
    const local = localHeader(member)
    yield local
    yield head
    yield data
    entries.push(directoryEntry(member))
    offset += local.length + member.size
  }
  yield* entries
  const size = entries.reduce((sum, entry) => sum + entry.length, 0)
  yield directoryEnd(entries.length, size, offset)
}
