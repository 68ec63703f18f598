import { crc32 } from '../../../bytes/crc32.ts'
import { inflateExactly } from '../../../bytes/inflate.ts'
import { FormatError } from '../../../errors.ts'
import { type ByteSource, readChunks } from '../../source/source.ts'
import type { Buffers } from '../buffers.ts'
import { findExtra, quote, type ZipEntry } from './directory.ts'
import { RecordReader, readMemberFields } from './records.ts'

/** A member whose local header was found to say the same as the directory. */
export interface Member {
  readonly entry: ZipEntry
  /** Where its (compressed) data begins and ends. */
  readonly start: number
  readonly end: number
}

const localBytes = 30

/** Reads the local header of a member and compares it with the directory. */
export async function openMember(
  source: ByteSource,
  entry: ZipEntry,
  directoryStart: number,
  signal: AbortSignal | undefined,
): Promise<Member> {
  const what = `Member ${quote(entry.name)} of ${source.name}`
  const nameBytes = new TextEncoder().encode(entry.name)
  const fixedEnd = entry.offset + localBytes + nameBytes.length
  if (fixedEnd + entry.compressedSize > directoryStart) {
    throw new FormatError(`${what} reaches into the directory: its place or size is a lie.`)
  }
  const header = await source.read(entry.offset, fixedEnd - entry.offset, signal)
  const reader = new RecordReader(header, what)
  reader.signature(0x04034b50, 'local header')
  reader.u16() // version
  const fields = readMemberFields(reader)
  const { flags, method, crc, nameLength, extraLength } = fields
  let { compressedSize, size } = fields
  const sameName =
    nameLength === nameBytes.length &&
    reader.bytes(nameLength).every((byte, i) => byte === nameBytes[i])

  const start = fixedEnd + extraLength
  const end = start + entry.compressedSize
  if (end > directoryStart) {
    throw new FormatError(`${what} reaches into the directory: its place or size is a lie.`)
  }
  if (size === 0xffffffff || compressedSize === 0xffffffff) {
    const extra = new RecordReader(await source.read(fixedEnd, extraLength, signal), what)
    const extended = findExtra(extra, 1)
    if (extended && size === 0xffffffff) size = extended.u64()
    if (extended && compressedSize === 0xffffffff) compressedSize = extended.u64()
  }
  // Bit 3: the sizes were not known yet, zeros stand here and the true ones follow the data.
  const later = (flags & 8) !== 0
  const agrees =
    sameName &&
    flags === entry.flags &&
    method === (entry.method === 'stored' ? 0 : 8) &&
    (crc === entry.crc || (later && crc === 0)) &&
    (size === entry.size || (later && size === 0)) &&
    (compressedSize === entry.compressedSize || (later && compressedSize === 0))
  if (!agrees) throw new FormatError(`${what}: its local header contradicts the directory.`)
  return { entry, start, end }
}

/**
 * The uncompressed bytes of a member.
 * @throws FormatError after the last byte where length or CRC-32 are not what the directory says
 */
export async function* memberBytes(
  source: ByteSource,
  { entry, start, end }: Member,
  signal: AbortSignal | undefined,
  buffers: Buffers,
): AsyncGenerator<Uint8Array> {
  const what = `Member ${quote(entry.name)} of ${source.name}`
  const raw = readChunks(source, start, end, signal, buffers)
  let crc = 0
  const inflated = () => inflateExactly(raw, entry.size, 'deflate-raw', what)
  for await (const bytes of entry.method === 'stored' ? raw : inflated()) {
    crc = crc32(bytes, crc)
    yield bytes
  }
  if (crc !== entry.crc) {
    throw new FormatError(
      `${what} is corrupt: its CRC-32 is ${crc.toString(16)}, the directory says ${entry.crc.toString(16)}.`,
    )
  }
}
